import { conformance } from '@oauthdb/core/conformance';
import { cluster } from '@oauthdb/test-redis/cluster';
import { afterAll, describe, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';

// One of its own: this layout looks for what the service keeps on no list among all keys that there are.
const own = await cluster();
afterAll(() => own.stop());
const { nodes } = own.at;

conformance({ describe, it }, { layout: 'gateway', open: () => redisClusterDriver({ nodes }) });
