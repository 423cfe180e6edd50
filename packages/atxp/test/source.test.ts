import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Exported, ExportOptions, OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import Database from 'better-sqlite3';
import type { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import {
  atxpOAuthDb,
  atxpSource,
  type AtxpSource,
  type AtxpSourceOptions,
  type OAuthRecord,
  type OAuthRecords,
} from '../src/index.ts';
import { RedisOAuthDb } from '../src/redis.ts';
import { atxpSqliteSource, SqliteOAuthDb, type AtxpSqliteSourceOptions } from '../src/sqlite.ts';
import { clusterClient, newPrefix, redisClient, temporaryPath } from './subjects.ts';

const user = 'solana:7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU';
const url = 'https://h/mcp';
const DAY = 86_400_000;
const WRITTEN = (1_795_282_998 - 3600) * 1000;
const now = (): number => WRITTEN;
const data = (name: string): string => fileURLToPath(new URL(`data/${name}`, import.meta.url));
const base64 = (text: string): string => Buffer.from(text, 'base64').toString();

/** ATXP's Redis: what reads it, the client that is beside it, and the prefix. */
interface OnRedis {
  readonly db: OAuthDatabase;
  readonly client: Redis;
  readonly keyPrefix: string;
}

function onRedis(clock?: () => number): OnRedis {
  const keyPrefix = newPrefix();
  const time = clock === undefined ? {} : { now: clock };
  const db = new RedisOAuthDatabase({ ...time, url: inject('standalone').url, keyPrefix });
  onTestFinished(() => db.close());
  return { db, client: redisClient(), keyPrefix };
}

/** Stores what ATXP's class has stored, as it does. */
async function genuine(name: string, prefix: string, { client, keyPrefix }: OnRedis): Promise<void> {
  const { keys } = JSON.parse(await readFile(data(name), 'utf8')) as {
    keys: Record<string, { value: string; ttl: number }>;
  };
  for (const [key, { value, ttl }] of Object.entries(keys)) {
    const own = key.replace(prefix, keyPrefix);
    // What lived for a second lives for as long as the test.
    if (ttl === -1) await client.set(own, value);
    else await client.setex(own, Math.max(60, ttl), value);
  }
}

function copied(): string {
  const path = temporaryPath('oauthClient.db');
  copyFileSync(data('sqlite-0.11.10.db'), path);
  return path;
}

function sourceOf(path: string, options?: AtxpSqliteSourceOptions): AtxpSource {
  const source = atxpSqliteSource(path, options);
  onTestFinished(() => source.close());
  return source;
}

/** Where an `atxpOAuthDb` looks. */
function target(): { readonly db: OAuthDatabase; readonly records: OAuthRecords } {
  const db = new MemoryOAuthDatabase({ now });
  onTestFinished(() => db.close());
  return { db, records: atxpOAuthDb(db, { now }) };
}

const nameOf = (record: OAuthRecord): string => JSON.stringify({ ...record, value: undefined });
async function all(from: OAuthRecords): Promise<OAuthRecord[]> {
  const found: OAuthRecord[] = [];
  for await (const record of from.records()) found.push(record);
  return found.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

type Held = Readonly<Record<string, readonly [value: string, endsAt: number | null]>>;
async function held(from: AtxpSource, options?: ExportOptions): Promise<Held> {
  const found: Exported[] = [];
  for await (const record of from.export(options)) found.push(record);
  const entries = found.map((one) => {
    if (one.kind !== 'held') throw new Error('not held');
    return [one.key, [one.value, one.expires_at === null ? null : Date.parse(one.expires_at)]] as const;
  });
  // None comes twice.
  expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

interface Subject {
  readonly source: AtxpSource;
  readonly theirs: OAuthRecords;
  readonly state: () => unknown;
}

async function redisSubject(): Promise<Subject> {
  const at = onRedis(now);
  await genuine('redis-0.11.10.json', 'oauth:', at);
  // The gateway's data may be beside it, under the same prefix.
  await at.client.set(`${at.keyPrefix}client:client_1`, '{}');
  await at.client.sadd(`${at.keyPrefix}user_tokens:octocat`, 'jti_1');
  const theirs = new RedisOAuthDb({ redis: at.client, keyPrefix: at.keyPrefix, now });
  const state = async (): Promise<unknown> => {
    const keys = (await at.client.keys(`${at.keyPrefix}*`)).toSorted();
    return Promise.all(
      keys.map(async (key) => [key, await at.client.dump(key), await at.client.pexpiretime(key)]),
    );
  };
  return { source: atxpSource(at.db, { now }), theirs, state };
}

async function sqliteSubject(): Promise<Subject> {
  const [path, other] = [copied(), copied()];
  const theirs = new SqliteOAuthDb({ db: other, now });
  onTestFinished(() => theirs.close());
  const state = (): unknown => [readdirSync(dirname(path)), readFileSync(path).toString('base64')];
  return { source: sourceOf(path, { now }), theirs, state };
}

describe.each([
  ['Redis', redisSubject],
  ['the SQLite file', sqliteSubject],
])("ATXP's own data in %s", (_, open) => {
  it('is found by atxpOAuthDb where its entries were taken in, and stays as it was', async () => {
    const { source, theirs, state } = await open();
    const before = await state();
    const { db, records } = target();
    await db.import(source.export());
    expect(await all(records)).toEqual(await all(theirs));
    expect(await state()).toEqual(before);
  });

  it('gives the entries that atxpOAuthDb stores of the same, with ends to the millisecond', async () => {
    const { source, theirs } = await open();
    const { db, records } = target();
    for await (const record of theirs.records()) await records.saveRecord(record);
    const [stored, given] = [await held(db), await held(source)];
    const ends = Object.entries(given).map(([key, [, end]]) => [key, end]);
    expect(Object.fromEntries(ends)).toMatchObject({
      [`access_token:${user.replace(':', '%3A')}:https%3A//mcp.example.com/mcp`]: 1_795_282_998_000,
      [`access_token:${user.replace(':', '%3A')}:https%3A//mcp.example.com/ms`]: 1_795_282_998_000,
      [`refresh_token:${user.replace(':', '%3A')}:https%3A//mcp.example.com/ms`]:
        1_795_282_998_000 + 30 * DAY,
      [`refresh_token:${user.replace(':', '%3A')}:https%3A//mcp.example.com/past`]:
        1_795_279_338_000 + 30 * DAY,
      'client_credentials:https%3A//auth.atxp.ai': null,
    });
    // What has expired and can be refreshed, atxpOAuthDb stores for one more second.
    const lasting = Object.entries(stored).filter(([, [, end]]) => end === null || end > WRITTEN + 1000);
    expect(Object.keys(given).toSorted()).toEqual(lasting.map(([key]) => key).toSorted());
    for (const [key, [value]] of lasting) expect(given[key]?.[0]).toBe(value);
  });

  it('gives nothing where other kinds are asked for', async () => {
    const { source } = await open();
    expect(await held(source, { kinds: ['client', 'token'] })).toEqual({});
  });
});

it('what is spread over a cluster is found by atxpOAuthDb, too', async () => {
  const keyPrefix = newPrefix();
  const theirs = new RedisOAuthDb({ redis: clusterClient(), keyPrefix, now });
  const value = { accessToken: 'a', refreshToken: 'r', expiresAt: 1_795_282_998, resourceUrl: 'x' };
  for (let i = 0; i < 20; i++) await theirs.saveAccessToken(`u${i}`, url, value);
  const cluster = new RedisClusterOAuthDatabase({ nodes: [...inject('cluster').nodes], keyPrefix, now });
  onTestFinished(() => cluster.close());
  const { db, records } = target();
  // A token and what is kept of it.
  expect((await db.import(atxpSource(cluster, { now }).export())).stored).toBe(40);
  expect(await all(records)).toEqual(await all(theirs));
});

describe('secrets that ATXP has encrypted', () => {
  const reading = async (options: AtxpSourceOptions): Promise<OAuthRecord[]> => {
    const at = onRedis(now);
    await genuine('redis-0.11.10-base64.json', 'secure:oauth:', at);
    const { db, records } = target();
    await db.import(atxpSource(at.db, { now, ...options }).export());
    return all(records);
  };

  it('come in clear with decrypt, and else as they are stored', async () => {
    const at = onRedis(now);
    await genuine('redis-0.11.10.json', 'oauth:', at);
    const plain = await all(new RedisOAuthDb({ redis: at.client, keyPrefix: at.keyPrefix, now }));
    expect(await reading({ decrypt: base64 })).toEqual(plain);
    expect(JSON.stringify(await reading({}))).toContain(Buffer.from('at-full').toString('base64'));
  });

  it('are an error where decrypt fails', async () => {
    const decrypt = (): string => {
      throw new Error('bad key');
    };
    await expect(reading({ decrypt })).rejects.toMatchObject({ code: 'OAUTHDB_UNDECRYPTABLE' });
  });
});

describe('PKCE values', () => {
  const PKCE = { codeVerifier: 'v', codeChallenge: 'c', resourceUrl: url, url };

  it('keep on Redis what is left of their ten minutes', async () => {
    const at = onRedis();
    const value =
      '{"encrypted_code_verifier":"v","encrypted_code_challenge":"c","resource_url":"x","url":"y"}';
    const end = Date.now() + 123_456;
    await at.client.set(`${at.keyPrefix}pkce:u:s`, value, 'PXAT', end);
    const found = await held(atxpSource(at.db));
    expect(found['pkce:u:s']?.[0]).toBe(value);
    expect(Math.abs((found['pkce:u:s']?.[1] ?? 0) - end)).toBeLessThan(1000);
  });

  it('that ATXP has put into a file end ten minutes after they were seen first, in every pass', async () => {
    let time = WRITTEN;
    const source = sourceOf(copied(), { now: () => time });
    expect((await held(source))['pkce:u:same']?.[1]).toBe(WRITTEN + 600_000);
    time += 599_999;
    expect((await held(source))['pkce:u:same']?.[1]).toBe(WRITTEN + 600_000);
    time += 1;
    expect((await held(source))['pkce:u:same']).toBeUndefined();
  });

  it('that this package has put into a file end when they do there', async () => {
    let time = WRITTEN;
    const path = copied();
    const db = new SqliteOAuthDb({ db: path, now: () => time });
    onTestFinished(() => db.close());
    await db.savePKCEValues('u', 'ours', PKCE);
    time += 60_000;
    const found = await held(sourceOf(path, { now: () => time }));
    expect(found['pkce:u:ours']?.[1]).toBe(WRITTEN + 600_000);
    expect(found['pkce:u:same']?.[1]).toBe(WRITTEN + 660_000);
  });
});

it('a token ends when Redis gives it up, where that is long before it says', async () => {
  const at = onRedis(now);
  const value = '{"resource_url":"x","encrypted_access_token":"a","expires_at":1795282998}';
  await at.client.setex(`${at.keyPrefix}access_token:u:${url}`, 600, value);
  const [text, end] = (await held(atxpSource(at.db, { now })))['access_token:u:https%3A//h/mcp'] ?? [];
  expect(JSON.parse(text ?? '')).toMatchObject({ encrypted_refresh_token: null, expires_at: '1795282998' });
  expect(Math.abs((end ?? 0) - WRITTEN - 600_000)).toBeLessThan(5000);
});

describe('what the RedisOAuthDb of this package keeps of a token', () => {
  const [current, kept] = [`access_token:u:${url}`, `refresh_token:u:${url}`];
  const [encodedCurrent, encodedKept] = ['access_token:u:https%3A//h/mcp', 'refresh_token:u:https%3A//h/mcp'];
  const text = (access: string, refresh: string | null): string =>
    JSON.stringify({
      resource_url: 'x',
      encrypted_access_token: access,
      encrypted_refresh_token: refresh,
      expires_at: '1795282998000',
    });
  const give = async (given: Record<string, string>): Promise<Held> => {
    const at = onRedis(now);
    for (const [key, value] of Object.entries(given)) await at.client.setex(at.keyPrefix + key, 7200, value);
    return held(atxpSource(at.db, { now }));
  };

  it('comes once, with its own end', async () => {
    const found = await give({ [current]: text('a', 'r'), [kept]: text('a', 'r') });
    expect(found[encodedCurrent]).toEqual([text('a', 'r'), 1_795_282_998_000]);
    expect(found[encodedKept]?.[0]).toBe(text('a', 'r'));
    expect(found[encodedKept]?.[1]).toBeLessThan(WRITTEN + 7_300_000);
  });

  it("gives way to the refresh token that ATXP's class has stored after it", async () => {
    const found = await give({ [current]: text('new', 'new'), [kept]: text('old', 'old') });
    expect(found[encodedKept]).toEqual([text('new', 'new'), 1_795_282_998_000 + 30 * DAY]);
  });

  it("stays where ATXP's class has stored no refresh token, and where nothing else is left", async () => {
    const found = await give({ [current]: text('new', null), [kept]: text('old', 'old') });
    expect(found[encodedCurrent]?.[0]).toBe(text('new', null));
    expect(found[encodedKept]?.[0]).toBe(text('old', 'old'));
    expect(Object.keys(await give({ [kept]: text('old', 'old') }))).toEqual([encodedKept]);
  });

  it('is not kept at all where refreshTtl is 0', async () => {
    const at = onRedis(now);
    await at.client.setex(at.keyPrefix + current, 7200, text('a', 'r'));
    expect(Object.keys(await held(atxpSource(at.db, { now, refreshTtl: 0 })))).toEqual([encodedCurrent]);
  });
});

describe('what cannot be read', () => {
  it.each(['no JSON', 'null', '{"resource_url":"x"}'])('is an error, or told: %s', async (value) => {
    const at = onRedis();
    await at.client.set(`${at.keyPrefix}access_token:u:${url}`, value);
    await at.client.set(`${at.keyPrefix}client_credentials:x`, value);
    const source = atxpSource(at.db);
    await expect(held(source)).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
    const told: unknown[] = [];
    expect(await held(source, { unreadable: (one) => told.push(one) })).toEqual({});
    expect(told).toEqual(Array.from({ length: 2 }, () => ({ kind: 'held', code: 'OAUTHDB_CORRUPT' })));
  });

  it('is a file that is not there, which is not created, and one that is not of ATXP', async () => {
    const path = temporaryPath('none.db');
    await expect(held(sourceOf(path))).rejects.toMatchObject({ code: 'OAUTHDB_CONFIG' });
    expect(readdirSync(dirname(path))).toEqual([]);
    new Database(path).exec('CREATE TABLE other (a)').close();
    await expect(held(sourceOf(path))).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  });

  it('is what is no source at all', () => {
    expect(() => atxpSource({} as never)).toThrow(TypeError);
    expect(() => atxpSource(target().db, { encrypt: base64 } as never)).toThrow('encrypt');
    expect(() => atxpSqliteSource('')).toThrow(TypeError);
    expect(() => atxpSqliteSource('x', { commandTimeout: 0 })).toThrow('commandTimeout');
  });
});
