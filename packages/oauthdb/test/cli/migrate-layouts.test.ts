import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import KeyvRedis from '@keyv/redis';
import type {} from '@oauthdb/test-redis/setup';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { keyvSqlite } from '../../../../bench/keyv-6/src/index.ts';
import { jtiOf } from '../../../mcp/src/presented.ts';
import type { OAuthDatabase } from '../../src/index.ts';
import { sessionOf, storeOn } from '../migrate/layouts/express.ts';
import { Server } from '../migrate/layouts/oidc.ts';
import { GLOBS } from '../migrate/layouts/redis.ts';
import { password, redisUrl, toRedis, toSqlite } from './atxp-data.ts';
import { directory, output, run, values } from './cli.ts';

/** What a program has stored under a prefix, and how the application finds it afterwards. */
interface Stored {
  readonly flags: readonly string[];
  readonly count: number;
  /** What the command says of what it does not copy. */
  readonly leftOut: readonly object[];
  readonly check: (db: OAuthDatabase) => Promise<void>;
  /** Puts something under the prefix that cannot be read, and holds a secret. */
  readonly spoil: () => Promise<unknown>;
  /** Of what is spoilt. */
  readonly said: string;
}

function client(): Redis {
  const redis = new Redis(inject('standalone').url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function ofKeyv(): Promise<Stored> {
  const namespace = `${GLOBS}${randomUUID()}`;
  const prefix = `${namespace}::${namespace}:`;
  const keyv = new Keyv(new KeyvRedis(inject('standalone').url), { namespace, throwOnErrors: true });
  onTestFinished(() => keyv.disconnect());
  await keyv.set('user_123', 'canary-token', 3_600_000);
  await keyv.set('json', { access_token: ':canary' });
  return {
    flags: ['--from-layout', 'keyv', '--from-key-prefix', prefix],
    count: 2,
    leftOut: [],
    async check(db) {
      expect(await db.getTokens(['user_123', 'json'])).toEqual([
        'canary-token',
        '{"access_token":":canary"}',
      ]);
    },
    spoil: () => client().set(`${prefix}canary-key`, 'canary-value'),
    said: '1 token (not json)',
  };
}

async function ofConnectRedis(): Promise<Stored> {
  const prefix = `${GLOBS}${randomUUID()}`;
  const store = await storeOn(inject('standalone').url, { prefix });
  await store.set('canary-1', sessionOf({ passport: { user: 'octocat' } }, { maxAge: 3_600_000 }));
  await store.set('canary-2', sessionOf({ username: 'hubot', handle: 'canary-handle' }));
  return {
    flags: ['--from-layout', 'connect-redis', '--from-server-key-prefix', prefix],
    count: 2,
    leftOut: [{ what: 'session.handle', why: 'no_place', count: 1 }],
    async check(db) {
      expect(await db.sessions.get('canary-1')).toMatchObject({ username: 'octocat', cookie: { path: '/' } });
      expect(await db.sessions.get('canary-2')).toMatchObject({ username: 'hubot' });
    },
    spoil: () => client().rpush(`${prefix}canary-3`, 'canary-value'),
    said: '1 session (other type)',
  };
}

async function ofOidcProvider(): Promise<Stored> {
  const prefix = `${GLOBS}${randomUUID()}`;
  const { provider } = await Server.start(inject('standalone').url, prefix);
  const owned = { clientId: 'c', accountId: 'octocat', grantId: 'g' };
  const [used, token] = [new provider.RefreshToken(owned), await new provider.AccessToken(owned).save()];
  const [usedValue, code] = [await used.save(), await new provider.AuthorizationCode(owned).save()];
  await used.consume();
  await new provider.Grant({ accountId: 'octocat', clientId: 'c' }).save();
  return {
    flags: ['--from-layout', 'oidc-provider', '--from-server-key-prefix', prefix],
    count: 3,
    leftOut: [{ what: 'Grant', why: 'no_place', count: 1 }],
    async check(db) {
      expect(await db.accessTokens.get(jtiOf(token))).toMatchObject({ username: 'octocat' });
      expect(await db.codes.peek(code)).toMatchObject({ client_id: 'c' });
      expect(await db.refreshTokens.get(usedValue)).toBeNull();
    },
    spoil: () => client().set(`${prefix}Session:canary-3`, '"canary-value"'),
    said: '1 Session (not a record)',
  };
}

describe.each([
  ['keyv', ofKeyv],
  ['connect-redis', ofConnectRedis],
  ['oidc-provider', ofOidcProvider],
])('migrate --from-layout %s', (layout, stored) => {
  it('copies what there is, says what it leaves out, and ends with 5 where something cannot be read', async () => {
    const { flags, count, leftOut, check, spoil, said } = await stored();
    const [target, other] = [await toSqlite(), await toRedis()];
    const args = ['migrate', '--from', redisUrl(), ...flags, ...target.flags];
    const at = { ...target.run, env: password() };
    const told = { stored: count, left_out: leftOut };
    expect(await values([...args, '--dry-run'], at)).toMatchObject([{ ...told, dry_run: true }]);
    const compared = { same: count, different: 0, missing: 0, ended: 0 };
    expect(await values(args, at)).toMatchObject([{ ...told, compared }]);
    expect(await values(args, at)).toMatchObject([{ ...told, stored: 0, kept: count, compared }]);
    const db = await target.open();
    onTestFinished(() => db.close());
    await check(db);

    await spoil();
    const again = ['migrate', '--from', redisUrl(), ...flags, ...other.flags];
    const elsewhere = { ...other.run, env: password() };
    const { code, stdout } = await run([...again, '--library', 'node-redis'], elsewhere);
    expect(code).toBe(5);
    expect(stdout).toContain(`cannot be read: ${said}\n`);
    expect(stdout).toContain(`compared: ${count} are the same\n`);
    if (layout === 'oidc-provider') expect(stdout).toContain('not copied: 1 Grant\n');
    expect(await run([...again, '--dry-run', '--library', 'node-redis'], elsewhere)).toMatchObject({
      code: 5,
    });
    const there = await other.open();
    onTestFinished(() => there.close());
    await check(there);
  });

  it('refuses what such data has not', async () => {
    const at = ['migrate', '--to', 'memory:', '--from-layout', layout];
    const isHeld = layout === 'keyv';
    for (const [name, value] of [
      ['--from-handles', 'plain'],
      [isHeld ? '--from-server-key-prefix' : '--from-key-prefix', 'x:'],
    ] as const) {
      expect(await run([...at, '--from', 'redis://localhost', name, value])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(name),
      });
    }
    const { code, stderr } = await run([...at, '--from', isHeld ? 'memory:' : 'sqlite:./none.db']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Redis( or SQLite)? only/)]);
    expect(await output(['migrate', '--help'])).toContain(`--from-layout ${layout}`);
  });
});

it('migrate --from-layout keyv reads the SQLite file of Keyv', async () => {
  const path = join(await directory(), 'keyv.db');
  const keyv = await keyvSqlite(path);
  onTestFinished(() => keyv.disconnect().then(() => {}));
  keyv.namespace = 'tokens';
  await keyv.set('user_123', 'canary-token', 3_600_000);
  const target = await toRedis();
  const args = ['migrate', '--from', `sqlite:${path}`, '--from-layout', 'keyv', ...target.flags];
  expect(await values(args, target.run)).toMatchObject([{ stored: 0 }]);
  const done = await values([...args, '--from-key-prefix', 'tokens:'], target.run);
  expect(done).toMatchObject([{ stored: 1, left_out: [], compared: { same: 1 } }]);
  const db = await target.open();
  onTestFinished(() => db.close());
  expect(await db.getToken('user_123')).toBe('canary-token');
  const none = ['migrate', '--from', `sqlite:${path}-none`, '--from-layout', 'keyv', ...target.flags];
  expect(await run(none, target.run)).toMatchObject({ code: 4 });
});
