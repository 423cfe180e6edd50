import type { Cluster, Redis } from 'ioredis';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import type { Subject } from '../subject.ts';

/** A client of ioredis that does the bare command for each operation: what 1.00 is. */
export function bareIoredis(
  name: string,
  redis: Redis | Cluster,
  key: (i: number) => string = keyOf,
): Subject {
  const set = (i: number): Promise<unknown> => redis.set(`raw:${key(i)}`, VALUE, 'PX', LIFE_MS);
  const get = (i: number): Promise<unknown> => redis.get(`raw:${key(i)}`);
  return {
    name,
    calls: {
      storeToken: set,
      getToken: get,
      hasToken: (i) => redis.exists(`raw:${key(i)}`),
      deleteToken: (i) => redis.del(`raw:${missing(i)}`),
      'accessTokens.store': set,
      'accessTokens.get': get,
      'codes.store, codes.consume': async (i) => {
        await redis.set(`raw:code_${i}`, VALUE, 'PX', LIFE_MS);
        return redis.getdel(`raw:code_${i}`);
      },
      issue: set,
      'refreshTokens.rotate': set,
    },
  };
}
