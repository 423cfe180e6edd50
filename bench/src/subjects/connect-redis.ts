import { RedisStore } from 'connect-redis';
import { HELD, type Operation } from '../operations/index.ts';
import { keyValues, type Subject } from '../subject.ts';
import { LIFE_MS, VALUE } from '../values.ts';
import type { Client } from './bare-node-redis.ts';

const CAN: readonly Operation[] = [
  ...HELD,
  'sessions.store',
  'sessions.get',
  'sessions.touch',
  'sessions.delete',
];

/** Where express-session keeps its sessions. */
export function connectRedis(client: Client): Subject {
  const store = new RedisStore({ client, prefix: 'sess:', ttl: LIFE_MS / 1000 });
  const session = (ms: number): never =>
    ({ cookie: { originalMaxAge: ms, expires: new Date(Date.now() + ms) }, token: VALUE }) as never;
  const [first, longer] = [session(LIFE_MS), session(2 * LIFE_MS)];
  return keyValues(
    'connect-redis',
    {
      set: (key) => store.set(key, first),
      get: (key) => store.get(key),
      has: async (key) => (await store.get(key)) !== null,
      delete: (key) => store.destroy(key),
      prolong: (key) => store.touch(key, longer),
      life: (key) => client.pTTL(`sess:${key}`),
    },
    CAN,
  );
}
