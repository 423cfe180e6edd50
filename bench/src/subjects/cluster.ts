import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { Cluster } from 'ioredis';
import { closeAll, keyValues, oauthdb, type Group, type Servers } from '../subject.ts';
import { bareIoredis } from './bare-ioredis.ts';
import { cpuOf } from './server-cpu.ts';

/** A cluster by ioredis, and what uses it. */
export async function cluster({ cluster: nodes }: Servers): Promise<Group> {
  const clients = [new Cluster([...nodes]), new Cluster([...nodes])] as const;
  await Promise.all(clients.map((client) => client.set('bench:ready', '1')));
  const [raw, again] = clients;
  await Promise.all(again.nodes('master').map((node) => node.flushall()));
  const subjects = [
    keyValues('ioredis Cluster', bareIoredis(raw)),
    keyValues('ioredis Cluster again', bareIoredis(again)),
    oauthdb('oauthdb, all slots', new RedisClusterOAuthDatabase({ nodes })),
    oauthdb(
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
