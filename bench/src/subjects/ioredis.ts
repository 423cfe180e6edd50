import { redisStorage } from '@better-auth/redis-storage';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { Redis } from 'ioredis';
import { createStorage } from 'unstorage';
import redisDriver from 'unstorage/drivers/redis';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import { closeAll, type Group, type Servers, type Subject } from '../subject.ts';
import { bareIoredis } from './bare-ioredis.ts';
import { secrets } from './secrets.ts';
import { cpuOf } from './server-cpu.ts';
import { oauthdb } from './oauthdb.ts';

/** ioredis, and what uses it. */
export async function ioredis({ redis: at }: Servers): Promise<Group> {
  const connect = (): Redis => new Redis({ ...at, password: at.password ?? '' });
  const clients = Array.from({ length: 4 }, connect) as [Redis, Redis, Redis, Redis];
  const [raw, again, forBetterAuth, control] = clients;
  const subjects = [
    bareIoredis('ioredis', raw),
    bareIoredis('ioredis again', again),
    await oauthdb('oauthdb', new RedisOAuthDatabase({ ...at, keyPrefix: 'bench:held:' })),
    await oauthdb(
      'oauthdb, call by call',
      new RedisOAuthDatabase({ ...at, keyPrefix: 'bench:held:', coalescing: false }),
    ),
    await oauthdb(
      'oauthdb, sealed',
      new RedisOAuthDatabase({
        ...at,
        keyPrefix: 'sealed:held:',
        serverKeyPrefix: 'sealed:issued:',
        secrets,
      }),
    ),
    betterAuth(forBetterAuth),
    unstorage(at),
  ];
  return {
    name: 'ioredis',
    subjects,
    serverCpu: () => cpuOf([control]),
    close: async () => {
      await closeAll(subjects);
      for (const client of clients) client.disconnect();
    },
  };
}

function betterAuth(client: Redis): Subject {
  // It wants the types of ioredis 5.
  const storage = redisStorage({ client: client as never, keyPrefix: 'better-auth:' });
  return {
    name: '@better-auth/redis-storage',
    calls: {
      storeToken: (i) => storage.set(keyOf(i), VALUE, LIFE_MS / 1000),
      getToken: (i) => storage.get(keyOf(i)),
      hasToken: async (i) => (await storage.get(keyOf(i))) !== null,
      deleteToken: (i) => storage.delete(missing(i)),
    },
  };
}

function unstorage({ host, port, password = '' }: Servers['redis']): Subject {
  const driver = redisDriver({ base: 'unstorage', host, port, password });
  const storage = createStorage({ driver });
  return {
    name: 'unstorage',
    calls: {
      storeToken: (i) => storage.setItem(keyOf(i), VALUE, { ttl: LIFE_MS / 1000 }),
      getToken: (i) => storage.getItem(keyOf(i)),
      hasToken: (i) => storage.hasItem(keyOf(i)),
      deleteToken: (i) => storage.removeItem(missing(i)),
    },
    close: () => storage.dispose(),
  };
}
