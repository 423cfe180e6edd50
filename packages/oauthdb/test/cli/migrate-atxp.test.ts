import { join } from 'node:path';
import { atxpOAuthDb, atxpSource } from '@oauthdb/atxp';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate, type MigrationProgress } from '../../src/index.ts';
import { mcp, moved, ofRedis, ofSqlite, password, soon, toRedis, toSqlite, used, user } from './atxp-data.ts';
import { directory, ended, output, run, start, values } from './cli.ts';

describe.each([
  ['a SQLite file', 'SQLite', ofSqlite, toSqlite, 12],
  ['a SQLite file', 'Redis', ofSqlite, toRedis, 12],
  ['Redis', 'SQLite', ofRedis, toSqlite, 11],
  ['Redis', 'Redis', ofRedis, toRedis, 11],
])("migrate --from-layout atxp from ATXP's data in %s to %s", (_, __, from, to, count) => {
  it('gives all of it to atxpOAuthDb, and changes nothing where it was', async () => {
    const [old, target] = [await from(), await to()];
    const before = await old.state();
    const args = ['migrate', ...old.flags, ...target.flags];
    const at = { ...target.run, env: password() };
    expect(await values([...args, '--dry-run'], at)).toMatchObject([{ stored: count, dry_run: true }]);
    expect(await values(args, at)).toMatchObject([
      { stored: count, expired: 0, compared: { same: count, different: 0, missing: 0, ended: 0 } },
    ]);
    const db = await used(target);
    expect(await db.getClientCredentials('https://auth.atxp.ai')).toEqual({
      clientId: 'cid-1',
      clientSecret: 'sec-1',
      redirectUri: 'http://localhost:3000/unused-dummy-atxp-callback',
    });
    expect(await db.getPKCEValues(user, 'state-abc')).toMatchObject({ codeVerifier: 'ver', url: mcp });
    expect(await db.getAccessToken(user, mcp)).toEqual({
      accessToken: 'at-full',
      refreshToken: 'rt-1',
      expiresAt: Number(moved('1795282998')),
      resourceUrl: mcp,
    });
    const host = 'https://mcp.example.com';
    expect(await db.getAccessToken(user, `${host}/ms`)).toMatchObject({
      refreshToken: 'rt-ms',
      expiresAt: Number(moved('1795282998000')),
    });
    // It has expired, and can be refreshed.
    expect(await db.getAccessToken(user, `${host}/past`)).toMatchObject({ refreshToken: 'rt-past' });
    expect(await db.getAccessToken(user, `${host}/zero`)).toBeNull();
    expect((await db.getAccessToken(user, ''))?.accessToken).toBe('inbound-token');
    // Again: nothing is new, and nothing lives longer.
    expect(await values(args, at)).toMatchObject([
      { stored: 0, compared: { same: count, different: 0, missing: 0 } },
    ]);
    expect(await old.state()).toEqual(before);
  });

  it('follows what ATXP saves and deletes meanwhile', async () => {
    const [old, target] = [await from(), await to()];
    const child = start(['migrate', ...old.flags, ...target.flags, '--follow', '--pause', '50ms', '--json'], {
      ...target.run,
      env: password(),
    });
    const done = ended(child);
    const held = await target.open();
    onTestFinished(() => held.close());
    const db = atxpOAuthDb(held, { refreshWindow: 0 });
    const tokenOf = async (url: string): Promise<string | undefined> =>
      (await db.getAccessToken(user, url))?.accessToken;
    await expect.poll(() => tokenOf(mcp), { timeout: 20_000 }).toBe('at-full');
    await old.save(user, mcp, { access: 'refreshed', refresh: 'rt-2', expiresAt: soon });
    await old.save('atxp:alice', mcp, { access: 'another', refresh: null, expiresAt: `${soon}000` });
    await old.remove(user, '');
    await expect.poll(() => tokenOf(mcp), { timeout: 20_000 }).toBe('refreshed');
    await expect.poll(() => tokenOf(''), { timeout: 20_000 }).toBeUndefined();
    await old.save(user, 'https://last/', { access: 'last', refresh: null, expiresAt: soon });
    child.kill('SIGINT');
    const { code, stdout } = await done;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ compared: { different: 0, missing: 0 } });
    expect(await tokenOf('https://last/')).toBe('last');
    expect((await db.getAccessToken('atxp:alice', mcp))?.expiresAt).toBe(Number(`${soon}000`));
    expect((await db.getAccessToken(user, mcp))?.refreshToken).toBe('rt-2');
  });
});

describe('migrate --from-layout atxp', () => {
  it("takes what the client of npm has stored by ATXP's class, in milliseconds", async () => {
    const [old, target] = [await ofRedis('redis-0.11.10-by-client-0.2.22.json'), await toSqlite()];
    await output(['migrate', ...old.flags, ...target.flags], { ...target.run, env: password() });
    const token = await (await used(target)).getAccessToken('solana:abc', 'https://example.com/a/b/mcp');
    expect(token).toMatchObject({ accessToken: 'testAccessToken', refreshToken: 'testRefreshToken' });
  });

  it('leaves the refresh token of a token that ends meanwhile, so that nobody is logged out', async () => {
    let ahead = 0;
    const clock = (): number => Date.now() + ahead;
    const old = new MemoryOAuthDatabase({ now: clock });
    const to = await (await toSqlite()).open();
    onTestFinished(async () => void (await Promise.all([old.close(), to.close()])));
    const end = Math.ceil(Date.now() / 1000) + 5;
    for (const [userId, refresh] of [
      ['u', 'r'],
      ['deleted', 'd'],
    ] as const) {
      const seconds = userId === 'u' ? end : end + 3600;
      const record = { resource_url: mcp, encrypted_access_token: 'a', encrypted_refresh_token: refresh };
      const value = JSON.stringify({ ...record, expires_at: `${seconds}` });
      await old.storeToken(`access_token:${userId}:${mcp}`, value, new Date(seconds * 1000));
    }
    const stop = new AbortController();
    const onProgress = ({ phase }: MigrationProgress): void => {
      if (phase !== 'follow' || ahead > 0) return;
      ahead = 6001;
      void old.deleteToken(`access_token:deleted:${mcp}`).then(() => stop.abort());
    };
    const from = atxpSource(old, { now: clock });
    const { removed } = await migrate({
      from,
      to,
      follow: true,
      pauseMs: 1,
      signal: stop.signal,
      onProgress,
    });
    expect(removed).toBe(2);
    const db = atxpOAuthDb(to);
    expect((await db.getAccessToken('u', mcp))?.refreshToken).toBe('r');
    expect(await db.getAccessToken('deleted', mcp)).toBeNull();
  });

  it('copies what was encrypted as it is stored', async () => {
    const [old, target] = [await ofRedis('redis-0.11.10-base64.json', 'secure:oauth:'), await toSqlite()];
    await output(['migrate', ...old.flags, ...target.flags], { ...target.run, env: password() });
    const token = await (await used(target)).getAccessToken(user, mcp);
    expect(token?.accessToken).toBe(Buffer.from('at-full').toString('base64'));
  });

  it('tells what says something else in the target', async () => {
    const [old, target] = [await ofRedis(), await toSqlite()];
    const args = ['migrate', ...old.flags, ...target.flags, '--json'];
    const at = { ...target.run, env: password() };
    await output(args, at);
    await old.save(user, 'https://new/', { access: 'new', refresh: null, expiresAt: soon });
    const db = await target.open();
    await db.storeToken('client_credentials:https%3A//auth.atxp.ai', 'another');
    await db.close();
    const again = await run([...args, '--mode', 'skip'], at);
    expect(JSON.parse(again.stdout)).toMatchObject({ stored: 1, compared: { different: 1, missing: 0 } });
  });

  it('ends with 1 where something is missing in the target', async () => {
    const [old, target] = [await ofSqlite(), await toSqlite()];
    const db = await target.open();
    await db.storeToken('before', 'v');
    await db.close();
    // A target that takes tokens and loses them.
    const file = new Database((target.run.db as string).slice('sqlite:'.length));
    file.exec(`CREATE TRIGGER loses AFTER INSERT ON entry WHEN NEW.key LIKE '%access_token:%'
      BEGIN DELETE FROM entry WHERE key = NEW.key; END`);
    file.close();
    const { code, stdout } = await run(['migrate', ...old.flags, ...target.flags, '--json'], target.run);
    expect(JSON.parse(stdout)).toMatchObject({ compared: { same: 7, different: 0, missing: 5 } });
    expect(code).toBe(1);
  });

  it('refuses what it cannot read, and what ATXP has not', async () => {
    const target = await toSqlite();
    const at = ['migrate', ...target.flags, '--from-layout', 'atxp'];
    const none = `sqlite:${join(await directory(), 'none.db')}`;
    expect(await run([...at, '--from', none], target.run)).toMatchObject({ code: 4 });
    const other = await toSqlite();
    await output(['tokens', 'set', 'k', ...other.flags], { ...other.run, input: 'canary' });
    expect(await run([...at, '--from', other.run.db as string], target.run)).toMatchObject({ code: 5 });
    for (const [name, value] of [
      ['--from-handles', 'plain'],
      ['--from-server-key-prefix', 'x:'],
      ['--from-key-prefix', 'x:'],
    ] as const) {
      expect(await run([...at, '--from', none, name, value], target.run)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(name),
      });
    }
  });
});
