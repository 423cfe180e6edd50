import type {} from '@oauthdb/test-redis/setup';
import { Inspector, IoredisClient, type RedisClient } from '@oauthdb/redis-driver';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Content, Found } from '../../../src/migrate/layouts/found.ts';
import { RedisKeys } from '../../../src/migrate/layouts/redis-keys.ts';
import { place, type Place } from './redis.ts';

const TIMEOUT_MS = 5000;

function keysBy(client: RedisClient): RedisKeys {
  const inspector = new Inspector(client, TIMEOUT_MS);
  onTestFinished(() => inspector.close());
  return new RedisKeys(inspector, 'k:', ['field'], TIMEOUT_MS);
}

function clientOf({ url }: Place): RedisClient {
  return new IoredisClient(new Redis(url, { lazyConnect: true, enableOfflineQueue: false }), {
    isOurs: true,
  });
}

/** The same client, which does something before it sends a command. */
function before(client: RedisClient, work: (count: number) => Promise<unknown>): RedisClient {
  let count = 0;
  return {
    get isReady() {
      return client.isReady;
    },
    send: async (key, args) => {
      await work(count++);
      return client.send(key, args);
    },
    listen: (listener) => client.listen(listener),
    connect: () => client.connect(),
    reconnect: () => client.reconnect(),
    close: () => client.close(),
  };
}

async function all(keys: RedisKeys): Promise<Found[]> {
  const found: Found[] = [];
  for await (const piece of keys.pieces()) found.push(...piece);
  return found;
}

it('goes on where its connection is cut', async () => {
  const from = await place();
  await from.redis.mset(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`k:${i}`, `v${i}`])));
  const cuts = new Set([3, 400, 1700, 3000]);
  const cut = async (count: number): Promise<void> => {
    if (cuts.has(count)) await from.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  };
  const found = await all(keysBy(before(clientOf(from), cut)));
  expect(new Set(found.map(({ name }) => name)).size).toBe(1500);
});

describe.each([
  ['is deleted', (redis: Redis) => redis.del('k:key')],
  ['becomes a list', (redis: Redis) => redis.multi().del('k:key').rpush('k:key', 'x').exec()],
  ['becomes a hash', (redis: Redis) => redis.multi().del('k:key').hset('k:key', { field: 'new' }).exec()],
  ['becomes a string', (redis: Redis) => redis.multi().del('k:key').set('k:key', 'new').exec()],
  ['ends', (redis: Redis) => redis.pexpire('k:key', 1)],
])('a key that %s after any of the commands', (becomes, rival) => {
  it.each([
    ['a string', (redis: Redis) => redis.set('k:key', 'old')],
    ['a hash', (redis: Redis) => redis.hset('k:key', { field: 'old' })],
    ['a list', (redis: Redis) => redis.rpush('k:key', 'old')],
  ])('is read as it was or as it is, and was %s', async (was, put) => {
    const from = await place();
    for (let step = 0; ; step++) {
      await from.redis.del('k:key');
      await put(from.redis);
      let sent = 0;
      const keys = keysBy(
        before(clientOf(from), async (count) => {
          sent = count;
          if (count === step) await rival(from.redis);
        }),
      );
      const found = await all(keys);
      expect(found.length).toBeLessThanOrEqual(1);
      for (const { content } of found)
        expect([...textsOf(was), ...textsOf(becomes)]).toContain(textIn(content));
      if (sent < step) break;
    }
  });
});

function textsOf(words: string): (string | null)[] {
  if (words.endsWith('a list')) return [null];
  return words.startsWith('a ') ? ['old'] : words.startsWith('becomes') ? ['new'] : [];
}

/** Of a type that is of no interest, `null`. */
function textIn(content: Content): string | null {
  if (content.type === 'other') return null;
  return content.type === 'string' ? content.text : (content.fields[0] ?? null);
}

it('begins anew where the masters of a cluster change, and misses nothing that stays', async () => {
  const places = [await place(), await place(), await place()];
  const [one, two, three] = places.map(({ redis }) => redis) as [Redis, Redis, Redis];
  await one.set('k:1', 'v');
  await two.set('k:2', 'v');
  let masters = [one, two];
  let asked = 0;
  const keys = keysBy({
    isReady: true,
    cluster: {
      masters: () =>
        masters.map((redis) => ({
          name: String(places.findIndex((at) => at.redis === redis)),
          send: async ([command = '', ...args]: readonly string[]) => {
            asked++;
            const reply = await redis.call(command, ...args);
            if (asked > 1 || masters.includes(three)) return reply;
            // What the second one has goes to a third one, and what the third one has behind the first.
            await Promise.all([two.del('k:2'), one.set('k:2', 'v'), three.set('k:3', 'v')]);
            masters = [one, three];
            return reply;
          },
        })),
      nodeOf: () => undefined,
    },
    async send(_, [command = '', key = '', ...args]) {
      for (const redis of [one, two, three])
        if (await redis.exists(key)) return redis.call(command, key, ...args);
      return one.call(command, key, ...args);
    },
    listen: () => {},
    connect: () => {},
    reconnect: () => {},
    close: () => {},
  });
  expect(new Set((await all(keys)).map(({ name }) => name))).toEqual(new Set(['1', '2', '3']));
});
