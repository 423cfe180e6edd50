import { DriverDatabase } from '@oauthdb/core';
import { conformance, type Runner } from '@oauthdb/core/conformance';
import { MemoryDriver, MemoryStore } from '@oauthdb/memory';
import { describe, expect, it } from 'vitest';
import { dualWrite, open, type OAuthDatabase } from '../../src/index.ts';

/** What is otherwise with two databases than with one, and why: each of these cases must fail, and no other. */
const differences: Readonly<Record<string, string>> = {
  'is done by one of two who meet, in every order':
    'it is done before the new one is asked, where this case stops it',
  'is done where the same token was only sealed anew meanwhile':
    'the other one is not sealed anew by this case',
  'is never said to have failed when a reply was lost, and others came since':
    'the reply that decides is not lost',
  'lets the calls under way end first': 'a call is several, of which the later ones come too late',
  'whatever is asked while the backend cannot be reached':
    'what the old one refuses, the new one is not asked',
  'with keys no value shows anything: no secret, no token that is held, no user, no scope':
    'a rotated token is known to the old one alone',
  'counts what it cannot read, leaves it as it is and goes on': 'the other one can read it',
  'counts what there is, and how long it lives': 'a rotated token is known to the old one alone',
  'ends at an entry that cannot be read, unless somebody is told of it': 'both tell it',
  'takes off the lists what is not there, and says how much':
    'the old one still has what this case deletes from the new one',
};

const [store, old] = [new MemoryStore(), new MemoryStore()];

function named(name: string): string {
  const why = differences[name];
  return why === undefined ? name : `differs: ${name} (${why})`;
}

function expected(name: string, body: () => Promise<void>): () => Promise<void> {
  return Object.hasOwn(differences, name) ? () => expect(body()).rejects.toBeInstanceOf(Error) : body;
}

const runner: Runner = { describe, it };

conformance(
  { describe, it: (name, body, timeout) => runner.it(named(name), expected(name, body), timeout) },
  {
    name: 'two databases as one',
    open: () => new MemoryDriver(store),
    database: (driver, options) =>
      dualWrite(new DriverDatabase(new MemoryDriver(old), options), new DriverDatabase(driver, options)),
  },
);

async function three(): Promise<Record<'old' | 'next' | 'db', OAuthDatabase>> {
  const [one, other] = [await open('memory:'), await open('memory:')];
  return { old: one, next: other, db: dualWrite(one, other) };
}

describe('a move without a stop', () => {
  it('reads what was not copied yet, and has written everything to both', async () => {
    const before = await three();
    await before.old.storeToken('k', 'token');
    await before.old.issue({
      client_id: 'c',
      username: 'u',
      accessToken: { jti: 'j' },
      refreshToken: { token: 'r' },
    });
    const { old: from, next, db } = before;
    expect(await db.getToken('k')).toBe('token');
    expect(await db.getTokens(['k', 'x'])).toEqual(['token', null]);
    expect((await db.accessTokens.get('j'))?.username).toBe('u');
    const rotated = await db.refreshTokens.rotate('r', () => ({
      refreshToken: { token: 'r2' },
      accessToken: { jti: 'j2' },
    }));
    expect(rotated.status).toBe('rotated');
    for (const one of [from, next]) {
      expect((await one.refreshTokens.get('r2'))?.username).toBe('u');
      expect((await one.accessTokens.get('j2'))?.username).toBe('u');
    }
    expect((await db.refreshTokens.rotate('r', () => ({ accessToken: { jti: 'j3' } }))).status).toBe(
      'reused',
    );
    expect(await next.refreshTokens.get('r2')).toBeNull();
  });

  it('lets one of many redeem a code that both have, and one that only the new one has', async () => {
    const { next, db } = await three();
    const redemption = { client_id: 'c' };
    await db.codes.store('both', { client_id: 'c', username: 'u' });
    await next.codes.store('new', { client_id: 'c', username: 'u' });
    for (const code of ['both', 'new']) {
      const consumed = await Promise.all(
        Array.from({ length: 20 }, () => db.codes.consume(code, redemption)),
      );
      expect(consumed.filter(({ status }) => status === 'consumed')).toHaveLength(1);
      expect(consumed.filter(({ status }) => status === 'already_used')).toHaveLength(19);
    }
    await next.codes.store('only new', { client_id: 'c', username: 'u', grant_id: 'g' });
    const issued = await db.issue({ client_id: 'c', code: 'only new', accessToken: { jti: 'j' } });
    expect(issued).toMatchObject({ status: 'issued', grant_id: 'g', accessToken: { username: 'u' } });
  });

  it('goes on with what only the new one has', async () => {
    const { next, db } = await three();
    await next.storeToken('k', 'token');
    expect(await db.replaceToken('k', 'other', 'x')).toBe(false);
    expect(await db.replaceToken('k', 'token', 'x')).toBe(true);
    expect(await db.deleteToken('k')).toBe(true);
    await next.refreshTokens.store({ client_id: 'c', token: 'r' });
    const rotated = await db.refreshTokens.rotate('r', () => ({ refreshToken: { token: 'r2' } }));
    expect(rotated.status).toBe('rotated');
    await next.clients.register({ client_id: 'c' });
    expect((await db.clients.register({ client_id: 'c' })).status).toBe('already_registered');
    expect((await db.clients.update('c', () => ({ client_name: 'n' })))?.client_name).toBe('n');
    expect((await db.clients.delete('c')).deleted).toBe(true);
  });

  it('registers anew in both what was deleted in both', async () => {
    const { old: one, next, db } = await three();
    await db.clients.register({ client_id: 'c' });
    await db.clients.delete('c');
    expect((await db.clients.register({ client_id: 'c' })).status).toBe('registered');
    for (const each of [one, next]) expect((await each.clients.get('c'))?.client_id).toBe('c');
  });

  it('refuses one database for both', async () => {
    const { old: one } = await three();
    expect(() => dualWrite(one, one)).toThrow(TypeError);
  });
});
