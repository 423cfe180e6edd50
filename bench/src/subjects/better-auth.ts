import { redisStorage } from '@better-auth/redis-storage';
import type { Redis } from 'ioredis';
import { HELD, type Operation } from '../operations/index.ts';
import { keyValues, type Subject } from '../subject.ts';
import { LIFE_MS, VALUE } from '../values.ts';

const CAN: readonly Operation[] = [...HELD, 'states.store', 'states.consume'];

export function betterAuth(client: Redis): Subject {
  // It wants the types of ioredis 5.
  const storage = redisStorage({ client: client as never, keyPrefix: 'better-auth:' });
  return keyValues(
    '@better-auth/redis-storage',
    {
      set: (key) => storage.set(key, VALUE, LIFE_MS / 1000),
      get: (key) => storage.get(key),
      has: async (key) => (await storage.get(key)) !== null,
      delete: (key) => storage.delete(key),
      take: (key) => storage.getAndDelete(key),
    },
    CAN,
  );
}
