import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { Cluster } from 'ioredis';
import { closeAll, type Group, type Servers } from '../subject.ts';
import { bareIoredis } from './bare-ioredis.ts';
import { oauthdb } from './oauthdb.ts';
import { cpuOf } from './server-cpu.ts';

/** A cluster by ioredis, and what uses it. */
export async function cluster({ cluster: nodes }: Servers): Promise<Group> {
  const clients = [new Cluster([...nodes]), new Cluster([...nodes])] as const;
  await Promise.all(clients.map((client) => client.set('bench:ready', '1')));
  const [raw, again] = clients;
  const subjects = [
    bareIoredis('ioredis Cluster', raw),
    bareIoredis('ioredis Cluster again', again),
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
