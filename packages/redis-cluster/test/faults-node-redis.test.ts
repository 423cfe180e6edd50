import { setTimeout as sleep } from 'node:timers/promises';
import { faultConformance } from '@oauthdb/core/conformance';
import { clusterFaults } from '@oauthdb/test-redis/cluster-faults';
import { lent } from '@oauthdb/test-redis/lent';
import { createCluster } from 'redis';
import { afterAll, describe, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';
import { beside } from './beside.ts';

// A cluster of the application's, set up as the README says.
const faults = clusterFaults(({ nodes, commandTimeout }) => {
  const rootNodes = nodes.map((socket) => ({ socket }));
  const client = createCluster({ rootNodes, defaults: { disableOfflineQueue: true } });
  client.on('error', () => {});
  const over = new AbortController();
  // It gives up where it finds no node.
  const connect = async (): Promise<void> => {
    while (!over.signal.aborted && !client.isReady) {
      await client.connect().catch(() => {});
      await sleep(50);
    }
  };
  void connect();
  return lent(redisClusterDriver({ client, commandTimeout }), () => {
    over.abort();
    client.destroy();
  });
}, beside);
afterAll(() => faults.end());
faultConformance({ describe, it: it.concurrent }, { name: 'by node-redis', faults });
