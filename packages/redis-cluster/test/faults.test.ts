import { faultConformance } from '@oauthdb/core/conformance';
import { clusterFaults } from '@oauthdb/test-redis/cluster-faults';
import { afterAll, describe, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';
import { beside } from './beside.ts';

const faults = clusterFaults(
  ({ nodes, commandTimeout }) => redisClusterDriver({ nodes, commandTimeout }),
  beside,
);
afterAll(() => faults.end());
faultConformance({ describe, it: it.concurrent }, { faults });
