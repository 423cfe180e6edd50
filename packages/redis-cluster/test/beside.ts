import type { RedisDriver } from '@oauthdb/redis-driver';
import type { FaultyCluster } from '@oauthdb/test-redis/cluster-faults';
import { lent } from '@oauthdb/test-redis/lent';
import { Cluster } from 'ioredis';
import { redisClusterDriver } from '../src/index.ts';

/** Opens a driver that no fault on the way reaches: by the masters' own addresses, whatever they tell. */
export function beside({ natMap, commandTimeout }: FaultyCluster): RedisDriver {
  const client = new Cluster(Object.values(natMap), { natMap, lazyConnect: true });
  client.on('error', () => {});
  return lent(redisClusterDriver({ client, commandTimeout }), () => client.disconnect());
}
