import { Cluster, type Redis } from 'ioredis';
import type { KeyValue } from '../key-value.ts';
import { LIFE_MS, VALUE } from '../values.ts';

/** A client of ioredis that does the bare commands. In a cluster no command is about several keys. */
export function bareIoredis(redis: Redis | Cluster): KeyValue {
  const set = (key: string): Promise<unknown> => redis.set(`raw:${key}`, VALUE, 'PX', LIFE_MS);
  const get = (key: string): Promise<unknown> => redis.get(`raw:${key}`);
  const remove = (key: string): Promise<unknown> => redis.del(`raw:${key}`);
  const named = (keys: readonly string[]): string[] => keys.map((key) => `raw:${key}`);
  const several =
    redis instanceof Cluster
      ? {
          setSeveral: (keys: readonly string[]) => Promise.all(keys.map(set)),
          getSeveral: (keys: readonly string[]) => Promise.all(keys.map(get)),
          deleteSeveral: (keys: readonly string[]) => Promise.all(keys.map(remove)),
        }
      : {
          setSeveral: (keys: readonly string[]) => {
            const pipeline = redis.pipeline();
            for (const key of named(keys)) pipeline.set(key, VALUE, 'PX', LIFE_MS);
            return pipeline.exec();
          },
          getSeveral: (keys: readonly string[]) => redis.mget(named(keys)),
          deleteSeveral: (keys: readonly string[]) => redis.del(named(keys)),
        };
  return {
    set,
    get,
    delete: remove,
    has: (key) => redis.exists(`raw:${key}`),
    add: (key) => redis.set(`raw:${key}`, VALUE, 'PX', LIFE_MS, 'NX'),
    take: (key) => redis.getdel(`raw:${key}`),
    life: (key) => redis.pttl(`raw:${key}`),
    prolong: (key, ms) => redis.pexpire(`raw:${key}`, ms),
    ...several,
  };
}
