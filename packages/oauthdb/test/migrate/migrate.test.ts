import { randomUUID } from 'node:crypto';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate, type MigrationProgress } from '../../src/index.ts';
import { backends, contents, empty, fill } from '../backup/subjects.ts';

const soon = { pauseMs: 1 };

describe.each(backends)('a migration from SQLite to %s', (target) => {
  it('copies everything, and finds it there', async () => {
    const [from, to] = [await empty('SQLite'), await empty(target)];
    await fill(from, 16);
    const { lines } = await contents(from);
    const done = await migrate({ from, to });
    expect(done).toMatchObject({ stored: lines.length, passes: 1 });
    expect(done.compared).toEqual({ same: lines.length, different: 0, missing: 0, ended: 0 });
    expect((await contents(to)).lines).toEqual(lines);
    expect((await migrate({ from, to })).kept).toBe(lines.length);
  });
});

describe('a migration', () => {
  it('does not take along what the target has stored since under the key of a token that has ended by itself', async () => {
    let ahead = 0;
    let isBegun = false;
    const from = new MemoryOAuthDatabase({ now: () => Date.now() + ahead });
    const to = await empty('SQLite');
    onTestFinished(() => from.close());
    await from.storeToken('ended', 'old', new Date(Date.now() + 5000));
    await from.storeToken('deleted', 'old', new Date(Date.now() + 3_600_000));
    const stop = new AbortController();
    const change = async (): Promise<void> => {
      for (const key of ['ended', 'deleted']) await to.storeToken(key, 'new');
      ahead = 5001;
      await from.deleteToken('deleted');
      stop.abort();
    };
    const onProgress = ({ phase }: MigrationProgress): void => {
      if (phase !== 'follow' || isBegun) return;
      isBegun = true;
      void change();
    };
    const done = await migrate({ from, to, follow: true, ...soon, signal: stop.signal, onProgress });
    expect(done.removed).toBe(1);
    expect(await to.getTokens(['ended', 'deleted'])).toEqual(['new', null]);
  });

  it('follows what is stored, changed and deleted, until it is told to stop', async () => {
    const [from, to] = [await empty('SQLite'), await empty('ioredis')];
    await fill(from, 4);
    const stop = new AbortController();
    const user = `user ${randomUUID()}`;
    const steps = [
      () => from.storeToken('new', 'token'),
      () => from.storeToken('new', 'another token'),
      () => from.clients.update('a', () => ({ client_name: 'renamed' })),
      () =>
        from.issue({
          client_id: 'a',
          username: user,
          accessToken: { jti: 'j' },
          refreshToken: { token: 'r' },
        }),
      () => from.refreshTokens.rotate('r', () => ({ refreshToken: { token: 'r 2' } })),
      () => from.sessions.delete(' '),
      () => from.revoke({ clientId: '\0' }),
      () => from.deleteToken('a'),
    ];
    let pass = 0;
    const onProgress = ({ phase, pass: now }: MigrationProgress): void => {
      if (phase !== 'follow' || now === pass) return;
      pass = now;
      const step = steps.shift();
      // What happens in the middle of a pass is seen by it or by the next.
      if (step === undefined) stop.abort();
      else void step();
    };
    const done = await migrate({ from, to, follow: true, ...soon, signal: stop.signal, onProgress });
    expect(done.passes).toBeGreaterThan(8);
    expect(done.compared).toMatchObject({ different: 0, missing: 0, ended: 0 });
    expect((await contents(to)).lines).toEqual((await contents(from)).lines);
    expect([await to.getToken('new'), await to.getToken('a')]).toEqual(['another token', null]);
    expect((await to.clients.get('a'))?.client_name).toBe('renamed');
    expect(await to.refreshTokens.get('r')).toBeNull();
    expect((await to.refreshTokens.get('r 2'))?.username).toBe(user);
    expect(done.removed).toBeGreaterThanOrEqual(4);
  });

  it('copies what was written before the stop, and hashes what was plain', async () => {
    const [from, to] = [await empty('memory', { handles: 'plain' }), await empty('memory')];
    await fill(from, 3);
    const stop = new AbortController();
    const following = migrate({ from, to, follow: true, pauseMs: 60_000, signal: stop.signal });
    await from.refreshTokens.store({ client_id: 'a', token: 'the last' });
    await from.sessions.delete('a');
    stop.abort();
    const { passes, compared } = await following;
    expect([passes, compared?.missing, compared?.different]).toEqual([passes, 0, 0]);
    expect((await to.refreshTokens.get('the last'))?.client_id).toBe('a');
    expect(await to.sessions.get('a')).toBeNull();
  });

  it('says what is not the same', async () => {
    const [from, to] = [await empty('memory'), await empty('memory')];
    await from.storeTokens([
      { key: 'a', token: 'here' },
      { key: 'b', token: 'here' },
    ]);
    await to.storeToken('a', 'there');
    const { kept, stored, compared } = await migrate({ from, to });
    expect([kept, stored]).toEqual([1, 1]);
    expect(compared).toEqual({ same: 1, different: 1, missing: 0, ended: 0 });
    expect((await migrate({ from, to, verify: false })).compared).toBeNull();
    await expect(migrate({ from, to: from })).rejects.toThrow(TypeError);
    await expect(migrate({ from, to, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
