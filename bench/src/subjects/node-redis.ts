import KeyvRedis from '@keyv/redis';
import { RedisOAuthDatabase } from '@oauthdb/node-redis';
import { RedisStore } from 'connect-redis';
import { Keyv } from 'keyv';
import { createClient } from 'redis';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import { closeAll, type Group, type Servers, type Subject } from '../subject.ts';
import { oauthdb } from './oauthdb.ts';
import { cpuOf } from './server-cpu.ts';

type Client = ReturnType<typeof createClient>;

/** node-redis, and what uses it. */
export async function nodeRedis({ redis: at }: Servers): Promise<Group> {
  const { host, port, password } = at;
  const url = `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${host}:${port}`;
  const connect = async (): Promise<Client> => {
    const client: Client = createClient({ url });
    await client.connect();
    return client;
  };
  const clients = [await connect(), await connect(), await connect(), await connect()] as const;
  const [raw, again, forConnect, control] = clients;
  const subjects = [
    bare('node-redis', raw),
    bare('node-redis again', again),
    await oauthdb('oauthdb', new RedisOAuthDatabase({ ...at, keyPrefix: 'bench:node:' })),
    await oauthdb(
      'oauthdb, call by call',
      new RedisOAuthDatabase({ ...at, keyPrefix: 'bench:node:', coalescing: false }),
    ),
    keyv(url),
    connectRedis(forConnect),
  ];
  return {
    name: 'node-redis',
    subjects,
    serverCpu: () => cpuOf([control]),
    close: async () => {
      await closeAll(subjects);
      for (const client of clients) client.destroy();
    },
  };
}

function bare(name: string, redis: Client): Subject {
  const set = (i: number): Promise<unknown> => redis.set(`node:${keyOf(i)}`, VALUE, { PX: LIFE_MS });
  const get = (i: number): Promise<unknown> => redis.get(`node:${keyOf(i)}`);
  return {
    name,
    calls: {
      storeToken: set,
      getToken: get,
      hasToken: (i) => redis.exists(`node:${keyOf(i)}`),
      deleteToken: (i) => redis.del(`node:${missing(i)}`),
      'accessTokens.store': set,
      'accessTokens.get': get,
      'codes.store, codes.consume': async (i) => {
        await redis.set(`node:code_${i}`, VALUE, { PX: LIFE_MS });
        return redis.getDel(`node:code_${i}`);
      },
      issue: set,
      'refreshTokens.rotate': set,
    },
  };
}

function keyv(url: string): Subject {
  const store = new Keyv(new KeyvRedis(url), { namespace: 'keyv' });
  return {
    name: 'keyv, @keyv/redis',
    calls: {
      storeToken: (i) => store.set(keyOf(i), VALUE, LIFE_MS),
      getToken: (i) => store.get(keyOf(i)),
      hasToken: (i) => store.has(keyOf(i)),
      deleteToken: (i) => store.delete(missing(i)),
    },
    close: () => store.disconnect(),
  };
}

function connectRedis(client: Client): Subject {
  const store = new RedisStore({ client, prefix: 'sess:', ttl: LIFE_MS / 1000 });
  const session = { cookie: { originalMaxAge: LIFE_MS }, token: VALUE } as never;
  return {
    name: 'connect-redis',
    calls: {
      storeToken: (i) => store.set(keyOf(i), session),
      getToken: (i) => store.get(keyOf(i)),
      hasToken: async (i) => (await store.get(keyOf(i))) !== null,
      deleteToken: (i) => store.destroy(missing(i)),
    },
  };
}
