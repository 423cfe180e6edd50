import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import type {} from '@oauthdb/test-redis/setup';
import KeyvRedis, { createKeyv } from '@keyv/redis';
import { Keyv, type KeyvOptions } from 'keyv';
import { expect, inject, it, onTestFinished } from 'vitest';
import { keyvSource, migrate, type LeftOut } from '../../../src/index.ts';
import { database, exported, GLOBS, place } from './redis.ts';

const hour = 3_600_000;

/** What Keyv stores, some of which it writes otherwise than it is. */
const values: readonly unknown[] = [
  'token',
  '',
  ':',
  ':token',
  '::token',
  ':base64:AAAA',
  'null',
  '{"value":"x"}',
  'ü 🔑\n\0"',
  {
    access_token: ':a',
    refresh_token: 'r',
    scopes: [':s', ''],
    ':k': 1,
    nested: { expires: 5, value: null },
  },
  [':', 1, null],
  1.5,
  true,
  null,
  Buffer.from([0, 255, 58]),
  { bytes: Buffer.from(':') },
];
const keys = ['user:', 'a:b:', '*', '{tag}', '__proto__', 'é\n', 'keyv::'];

function keyvOn(url: string, namespace: string, options: KeyvOptions = {}): Keyv {
  const keyv = new Keyv(new KeyvRedis(url), { namespace, throwOnErrors: true, ...options });
  onTestFinished(() => keyv.disconnect());
  return keyv;
}

function asHeld(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

it('brings every one of ten thousand entries of Keyv, as Keyv gives them, to the millisecond', async () => {
  const [from, to] = [await place(), await place()];
  const keyv = keyvOn(from.url, GLOBS);
  const entries = Array.from({ length: 10_000 }, (_, i) => ({
    key: `${keys[i % keys.length]}${i}`,
    value: values[i % values.length],
    ...(i % 3 === 0 ? {} : { ttl: hour + i }),
  }));
  for (let i = 0; i < entries.length; i += 1000) await keyv.setMany(entries.slice(i, i + 1000));
  const raw = await keyv.getManyRaw(entries.map(({ key }) => key));
  const wanted = new Map(
    entries.map(({ key }, i) => {
      const { value, expires } = raw[i] as { value: unknown; expires?: number };
      return [key, [asHeld(value), expires === undefined ? null : new Date(expires).toISOString()]];
    }),
  );
  expect(wanted.size).toBe(entries.length);
  const before = await from.state();
  await from.writes();
  const source = keyvSource(from.url, { prefix: `${GLOBS}::${GLOBS}:` });
  onTestFinished(() => source.close());
  const [onRedis, inFile] = [await database(to.url), await database()];
  await to.writes();
  const dry = await onRedis.import(source.export(), { dryRun: true });
  expect([dry.stored, await to.writes(), await to.redis.dbsize()]).toEqual([entries.length, [], 0]);
  const same = { same: entries.length, different: 0, missing: 0, ended: 0 };
  for (const db of [onRedis, inFile]) {
    const first = await migrate({ from: source, to: db });
    expect(first).toMatchObject({ stored: entries.length, compared: same, leftOut: [] });
    const again = await migrate({ from: source, to: db });
    expect(again).toMatchObject({ stored: 0, replaced: 0, kept: entries.length, compared: same });
    const tokens = await db.getTokens([...wanted.keys()]);
    expect(tokens).toEqual([...wanted.values()].map(([value]) => value));
  }
  expect(await from.writes()).toEqual([]);
  expect(await from.state()).toBe(before);
  const ends = (await exported(inFile, 'held')).map(
    ({ key, value, expires_at }) => [key, [value, expires_at]] as const,
  );
  expect(new Map(ends)).toEqual(wanted);
});

it.each([
  ['createKeyv with a namespace', (url: string) => createKeyv(url, { namespace: 'n' }), 'n::'],
  ['createKeyv without a namespace', (url: string) => createKeyv(url), ''],
  ['a Keyv without a namespace', (url: string) => new Keyv(new KeyvRedis(url)), 'keyv::keyv:'],
])('finds the keys of %s', async (_, make, prefix) => {
  const from = await place();
  const keyv = make(from.url);
  onTestFinished(() => keyv.disconnect());
  await keyv.set('user_123', 'token', hour);
  const to = await database();
  await using source = keyvSource(from.url, { ...(prefix === 'keyv::keyv:' ? {} : { prefix }) });
  expect(await migrate({ from: source, to })).toMatchObject({ stored: 1, leftOut: [] });
  expect(await to.getToken('user_123')).toBe('token');
});

it('knows no more than Keyv whether a key began with the namespace', async () => {
  const from = await place();
  const keyv = keyvOn(from.url, 'n');
  await keyv.set('n:user', 'token');
  expect(await keyv.get('user')).toBe('token');
  const to = await database();
  await using source = keyvSource(from.url, { prefix: 'n::n:' });
  await migrate({ from: source, to });
  expect(await to.listTokens()).toEqual(['user']);
});

it('leaves out what has expired, and counts what is not of Keyv, whatever it is', async () => {
  const from = await place();
  const keyv = keyvOn(from.url, 'keyv');
  await keyv.set('good', 'token');
  await keyv.set('nothing', undefined);
  await keyv.set('ended', 'token', 1);
  // As if Redis had not noticed yet.
  await from.redis.set('keyv::keyv:late', JSON.stringify({ value: 'late', expires: Date.now() - 1 }));
  await from.redis.set('keyv::keyv:plain', 'canary');
  await from.redis.set('keyv::keyv:other', '{"session":"canary"}');
  await from.redis.set('keyv::keyv:array', '[1]');
  await from.redis.set('keyv::keyv:lonely', String.raw`{"value":"\ud800"}`);
  await from.redis.set('keyv::keyv:', '{"value":"no key"}');
  await from.redis.set(Buffer.from([...Buffer.from('keyv::keyv:'), 0xff]), '{"value":"no text"}');
  await from.redis.rpush('keyv::keyv:list', 'canary');
  await from.redis.hset('keyv::keyv:hash', { value: 'canary' });
  await from.redis.set('another', 'canary');
  const to = await database();
  await using source = keyvSource(from.url);
  const { leftOut, ...done } = await migrate({ from: source, to });
  expect(done).toMatchObject({ stored: 1, expired: 1, compared: { same: 1, missing: 0 } });
  expect(leftOut).toHaveLength(4);
  expect(leftOut).toEqual(
    expect.arrayContaining([
      { what: 'token', why: 'not_a_record', count: 2 },
      { what: 'token', why: 'not_json', count: 1 },
      { what: 'token', why: 'not_storable', count: 2 },
      { what: 'token', why: 'other_type', count: 3 },
    ]),
  );
  expect(await to.listTokens()).toEqual(['good']);
  // Where nobody is told, nothing is lost without a word.
  await expect(to.import(source.export())).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  const told: LeftOut[] = [];
  for await (const _ of source.export({ kinds: ['session'], leftOut: (one) => told.push(one) })) {
    expect.unreachable('Keyv has no sessions');
  }
  expect(told).toHaveLength(6);
});

it('reads what the application has had encrypted by its Keyv', async () => {
  const from = await place();
  const key = randomBytes(32);
  const keyv = keyvOn(from.url, 'sealed', {
    serialize: (data) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const sealed = [iv, cipher.update(JSON.stringify(data)), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(sealed).toString('base64');
    },
    deserialize: (text) => {
      const bytes = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(-16));
      return JSON.parse(decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8'));
    },
  });
  await keyv.set('user_123', 'token', hour);
  await from.redis.set('sealed::sealed:other', 'not sealed');
  const to = await database();
  const prefix = 'sealed::sealed:';
  await using blind = keyvSource(from.url, { prefix });
  expect(await migrate({ from: blind, to })).toMatchObject({ stored: 0, leftOut: [{ count: 2 }] });
  await using source = keyvSource(from.url, { prefix, deserialize: (text) => keyv.deserializeData(text) });
  expect(await migrate({ from: source, to })).toMatchObject({ stored: 1, leftOut: [{ count: 1 }] });
  expect(await to.getToken('user_123')).toBe('token');
});

it('reads a cluster', async () => {
  const { nodes } = inject('cluster');
  const namespace = randomUUID();
  const rootNodes = nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }));
  const keyv = new Keyv(new KeyvRedis({ rootNodes }), { namespace });
  onTestFinished(() => keyv.disconnect());
  const tokens = Array.from({ length: 600 }, (_, i) => ({ key: `k${i}`, value: `:v${i}` }));
  await keyv.setMany(tokens);
  const url = `redis+cluster://${nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
  const to = await database();
  await using source = keyvSource(url, { prefix: `${namespace}::${namespace}:` });
  expect(await migrate({ from: source, to })).toMatchObject({ stored: 600, compared: { same: 600 } });
  expect(await to.getToken('k599')).toBe(':v599');
});

it('says at once what it cannot be told', async () => {
  for (const url of ['memory:', 'http://x']) expect(() => keyvSource(url)).toThrow(TypeError);
  expect(() => keyvSource('redis://x', { prefix: 1 as never })).toThrow(/prefix/);
  expect(() => keyvSource('redis://x', { prefix: '\ud800' })).toThrow(/prefix/);
  expect(() => keyvSource('redis://x', { keyPrefix: 'x' } as never)).toThrow(/keyPrefix/);
  await using never = keyvSource('redis://127.0.0.1:1', { commandTimeout: 300 });
  await expect(migrate({ from: never, to: await database() })).rejects.toMatchObject({
    code: 'OAUTHDB_UNAVAILABLE',
  });
});
