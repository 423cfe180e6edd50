import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { Cluster } from 'ioredis';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import { closeAll, type Group, type Servers, type Subject } from '../subject.ts';
import { oauthdb } from './oauthdb.ts';
import { cpuOf } from './server-cpu.ts';

/** A cluster by ioredis, and what uses it. */
export async function cluster({ cluster: nodes }: Servers): Promise<Group> {
  const clients = [new Cluster([...nodes]), new Cluster([...nodes])] as const;
  await Promise.all(clients.map((client) => client.set('bench:ready', '1')));
  const [raw, again] = clients;
  const subjects = [
    bare('ioredis Cluster', raw),
    bare('ioredis Cluster again', again),
    await oauthdb('oauthdb, all slots', new RedisClusterOAuthDatabase({ nodes })),
    await oauthdb(
      'oauthdb, one slot',
      new RedisClusterOAuthDatabase({ nodes, keyPrefix: '{b}held:', serverKeyPrefix: '{b}issued:' }),
    ),
  ];
  return {
    name: 'cluster',
    subjects,
    serverCpu: () => cpuOf(again.nodes('master')),
    close: async () => {
      await closeAll(subjects);
      for (const client of clients) client.disconnect();
    },
  };
}

function bare(name: string, redis: Cluster): Subject {
  const set = (i: number): Promise<unknown> => redis.set(`raw:${keyOf(i)}`, VALUE, 'PX', LIFE_MS);
  const get = (i: number): Promise<unknown> => redis.get(`raw:${keyOf(i)}`);
  return {
    name,
    calls: {
      storeToken: set,
      getToken: get,
      hasToken: (i) => redis.exists(`raw:${keyOf(i)}`),
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
