import { copyFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type {} from '@oauthdb/test-redis/setup';
import { atxpOAuthDb, type OAuthDb, type OAuthRecord, type OAuthRecords } from '../src/index.ts';
import { RedisOAuthDb, type RedisClient } from '../src/redis.ts';
import { SqliteOAuthDb } from '../src/sqlite.ts';
import { clusterClient, newPrefix, redisClient, subjects, temporaryPath } from './subjects.ts';

const user = 'solana:7xKX';
const credentials = { clientId: 'cid', clientSecret: '', redirectUri: 'http://localhost/cb' };
const pkce = { codeVerifier: 'v', codeChallenge: 'c', resourceUrl: 'https://h/mcp', url: 'https://h/mcp' };
const expiresAt = Math.floor(Date.now() / 1000) + 3600;

/** Names that are hard to tell apart, and values of every kind. */
const some: readonly OAuthRecord[] = [
  { kind: 'client_credentials', serverUrl: 'https://auth.atxp.ai', value: credentials },
  { kind: 'client_credentials', serverUrl: 'a%3Ab:c', value: { ...credentials, clientSecret: 's' } },
  ...[
    [user, 'state-1'],
    ['a', 'b:c'],
    ['a:b', 'c'],
    ['a%3Ab', '%'],
    ['', ''],
  ].map(
    ([userId = '', state = '']) =>
      ({ kind: 'pkce', userId, state, value: { ...pkce, codeVerifier: `${userId} ${state}` } }) as const,
  ),
  ...[
    [user, ''],
    [user, 'https://h/a/b/mcp'],
    [user, 'https://h/a'],
    ['a', 'b:c'],
    ['a:b', 'c'],
    ['u://x', 'https://h/'],
    ['', 'http://h:80/x:y'],
    ['__proto__', '*?[a]\\'],
  ].map(
    ([userId = '', url = '']) =>
      ({
        kind: 'access_token',
        userId,
        url,
        value: { accessToken: `${userId} ${url}`, expiresAt, resourceUrl: 'https://h/mcp' },
      }) as const,
  ),
  {
    kind: 'access_token',
    userId: user,
    url: 'https://h/',
    value: { accessToken: 'a', refreshToken: 'r', expiresAt, resourceUrl: 'https://h/mcp' },
  },
];

const nameOf = (record: OAuthRecord): string => JSON.stringify({ ...record, value: undefined });
const sorted = (records: readonly OAuthRecord[]): OAuthRecord[] =>
  records.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

async function all(db: OAuthRecords): Promise<OAuthRecord[]> {
  const found: OAuthRecord[] = [];
  for await (const record of db.records()) found.push(record);
  return sorted(found);
}

describe.each(subjects)('%s', (_, open) => {
  it('gives every record that it was given, once', async () => {
    const db = open();
    expect(await all(db)).toEqual([]);
    for (const record of some) await db.saveRecord(record);
    expect(await all(db)).toEqual(sorted(some));
    for (const record of some) {
      if (record.kind !== 'access_token') continue;
      expect(await db.getAccessToken(record.userId, record.url)).toEqual(record.value);
    }
  });

  it('gives what can still be refreshed, and nothing that is of no more use', async () => {
    let now = Date.now();
    const db = open({ now: () => now, refreshWindow: 0 });
    const until = Math.floor(now / 1000) + 60;
    const plain = { accessToken: 'a', expiresAt: until, resourceUrl: 'x' };
    const refreshable = { ...plain, refreshToken: 'r' };
    await db.saveAccessToken(user, 'https://h/plain', plain);
    await db.saveAccessToken(user, 'https://h/refreshable', refreshable);
    now += 61_000;
    const left = { kind: 'access_token', userId: user, url: 'https://h/refreshable', value: refreshable };
    expect(await all(db)).toEqual([left]);
    expect(await all(db)).toEqual([left]);
    now += 31 * 86_400_000;
    expect(await all(db)).toEqual([]);
  });

  it('saves a record as it is, whatever was there before or above', async () => {
    const db = open();
    const plain = { accessToken: 'b', expiresAt, resourceUrl: 'x' };
    await db.saveAccessToken(user, 'https://h/a', { ...plain, refreshToken: 'r' });
    for (const url of ['https://h/a', 'https://h/a/b']) {
      await db.saveRecord({ kind: 'access_token', userId: user, url, value: plain });
      expect(await db.getAccessToken(user, url)).toEqual(plain);
    }
    expect((await all(db)).map(({ value }) => value)).toEqual([plain, plain]);
    await expect(db.saveRecord({} as never)).rejects.toThrow(TypeError);
    await expect(db.saveRecord(null as never)).rejects.toThrow(TypeError);
  });

  it('leaves PKCE values alone that may be read once only', async () => {
    const db = open({ singleUsePkce: true });
    await db.savePKCEValues(user, 's', pkce);
    expect(await all(db)).toEqual(await all(db));
    expect(await db.getPKCEValues(user, 's')).toEqual(pkce);
  });
});

it('a thousand records come page by page', async () => {
  const db = new SqliteOAuthDb({ db: temporaryPath('many.db') });
  onTestFinished(() => db.close());
  const value = { accessToken: 'a', expiresAt, resourceUrl: 'x' };
  const saving = Array.from({ length: 1200 }, (_, i) => db.saveAccessToken(`u${i}`, '', value));
  await Promise.all(saving);
  const users = (await all(db)).map((record) => record.kind === 'access_token' && record.userId);
  expect(new Set(users).size).toBe(1200);
  expect(users).toHaveLength(1200);
});

describe("ATXP's own data", () => {
  const now = (): number => (1_795_282_998 - 3600) * 1000;

  function ofSqlite(): SqliteOAuthDb {
    const path = temporaryPath('oauthClient.db');
    copyFileSync(fileURLToPath(new URL('data/sqlite-0.11.10.db', import.meta.url)), path);
    const db = new SqliteOAuthDb({ db: path, now });
    onTestFinished(() => db.close());
    return db;
  }

  async function ofRedis(): Promise<RedisOAuthDb> {
    const keyPrefix = newPrefix();
    const client = redisClient();
    const text = await readFile(new URL('data/redis-0.11.10.json', import.meta.url), 'utf8');
    const { keys } = JSON.parse(text) as { keys: Record<string, { value: string }> };
    for (const [key, { value }] of Object.entries(keys)) {
      await client.set(key.replace('oauth:', keyPrefix), value);
    }
    // The gateway's data may be beside it, under the same prefix.
    await client.set(`${keyPrefix}client:client_1`, '{}');
    await client.sadd(`${keyPrefix}user_tokens:octocat`, 'jti_1');
    const db = new RedisOAuthDb({ redis: client, keyPrefix, now });
    onTestFinished(() => db.close());
    return db;
  }

  it.each<[string, () => OAuthRecords | Promise<OAuthRecords>, number]>([
    ['the SQLite file', ofSqlite, 10],
    ['Redis', ofRedis, 9],
  ])('in %s is found, all but what has expired', async (_, open, count) => {
    const found = await all(await open());
    expect(found).toHaveLength(count);
    const kinds = new Set(found.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['client_credentials', 'pkce', 'access_token']));
    expect(found.some((one) => one.kind === 'access_token' && one.url.endsWith('/zero'))).toBe(false);
  });

  it.each(subjects)('goes to %s and back as it was', async (_, open) => {
    const from = await all(ofSqlite());
    const to: OAuthDb & OAuthRecords = open({ now });
    for (const record of from) await to.saveRecord(record);
    expect(await all(to)).toEqual(from);
  });
});

it('a client without scan cannot list', async () => {
  const client = redisClient();
  const few: RedisClient = {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    setex: (key, seconds, value) => client.setex(key, seconds, value),
    del: (key) => client.del(key),
    quit: () => client.quit(),
  };
  const db = new RedisOAuthDb({ redis: few, keyPrefix: newPrefix() });
  onTestFinished(() => db.close());
  await expect(all(db)).rejects.toMatchObject({ code: 'OAUTHDB_UNSUPPORTED', outcome: 'not_executed' });
});

it('nor can one that puts a prefix of its own before keys', async () => {
  const { host, port, password } = inject('standalone');
  const client = new Redis({ host, port, password, keyPrefix: newPrefix() });
  onTestFinished(() => client.disconnect());
  const db = new RedisOAuthDb({ redis: client });
  onTestFinished(() => db.close());
  await db.saveClientCredentials('https://as', credentials);
  await expect(all(db)).rejects.toMatchObject({ code: 'OAUTHDB_UNSUPPORTED' });
});

it('a client of a cluster lists at once, before it is connected', async () => {
  const keyPrefix = newPrefix();
  const value = { accessToken: 'a', expiresAt, resourceUrl: 'x' };
  const before = new RedisOAuthDb({ redis: clusterClient(), keyPrefix });
  for (let i = 0; i < 20; i++) await before.saveAccessToken(`u${i}`, '', value);
  const now = new RedisOAuthDb({ redis: clusterClient(), keyPrefix });
  expect(await all(now)).toHaveLength(20);
});

it('a closed database lists nothing', async () => {
  const [[, open]] = subjects.filter(([name]) => name === 'SqliteOAuthDb') as [(typeof subjects)[number]];
  const db = open();
  await db.close();
  await expect(all(db)).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
});

it('other tokens in the same database are left out', async () => {
  const { MemoryOAuthDatabase } = await import('@oauthdb/memory');
  const held = new MemoryOAuthDatabase();
  onTestFinished(() => held.close());
  await held.storeTokens([
    { key: 'user_123', token: 'a' },
    { key: 'pkce:one', token: 'b' },
    { key: 'mcp:tokens:x:https://h/', token: 'c' },
  ]);
  const db = atxpOAuthDb(held);
  await db.saveClientCredentials('https://as', credentials);
  expect(await all(db)).toEqual([
    { kind: 'client_credentials', serverUrl: 'https://as', value: credentials },
  ]);
});
