import type { createClient } from 'redis';
import type { KeyValue } from '../key-value.ts';
import { LIFE_MS, VALUE } from '../values.ts';

export type Client = ReturnType<typeof createClient>;

/** A client of node-redis that does the bare commands: what is sent in one tick it sends together. */
export function bareNodeRedis(redis: Client): KeyValue {
  const set = (key: string): Promise<unknown> => redis.set(`node:${key}`, VALUE, { PX: LIFE_MS });
  const named = (keys: readonly string[]): string[] => keys.map((key) => `node:${key}`);
  return {
    set,
    get: (key) => redis.get(`node:${key}`),
    delete: (key) => redis.del(`node:${key}`),
    has: (key) => redis.exists(`node:${key}`),
    add: (key) => redis.set(`node:${key}`, VALUE, { PX: LIFE_MS, NX: true }),
    take: (key) => redis.getDel(`node:${key}`),
    life: (key) => redis.pTTL(`node:${key}`),
    prolong: (key, ms) => redis.pExpire(`node:${key}`, ms),
    setSeveral: (keys) => Promise.all(keys.map(set)),
    getSeveral: (keys) => redis.mGet(named(keys)),
    deleteSeveral: (keys) => redis.del(named(keys)),
  };
}
