import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { createCluster } from 'redis';
import { afterAll, describe, inject, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';

const rootNodes = inject('cluster').nodes.map((socket) => ({ socket }));
const client = createCluster({ rootNodes });
// Each database of the suite listens to it.
client.setMaxListeners(0);
await client.connect();
afterAll(() => client.destroy());

conformance({ describe, it }, { name: 'by node-redis', open: () => redisClusterDriver({ client }) });
