import { faultConformance } from '@oauthdb/core/conformance';
import type { RedisDriver } from '@oauthdb/redis-driver';
import { clusterFaults, type FaultyCluster } from '@oauthdb/test-redis/cluster-faults';
import { Cluster } from 'ioredis';
import { afterAll, describe, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';

/** By the masters' own addresses, whatever they tell. */
function beside({ natMap, commandTimeout }: FaultyCluster): RedisDriver {
  const client = new Cluster(Object.values(natMap), { natMap, lazyConnect: true });
  client.on('error', () => {});
  const driver = redisClusterDriver({ client, commandTimeout });
  const close = driver.close.bind(driver);
  driver.close = async () => {
    await close();
    client.disconnect();
  };
  return driver;
}

const faults = clusterFaults(
  ({ nodes, commandTimeout }) => redisClusterDriver({ nodes, commandTimeout }),
  beside,
);
afterAll(() => faults.end());
faultConformance({ describe, it: it.concurrent }, { faults });
