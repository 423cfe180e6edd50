import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';

const { nodes } = inject('cluster');
const prefixes = { keyPrefix: '{t}a:', serverKeyPrefix: '{t}b:' };

conformance({ describe, it }, { name: 'over all slots', open: () => redisClusterDriver({ nodes }) });
conformance(
  { describe, it },
  { name: 'in one slot', prefix: '{t}', open: () => redisClusterDriver({ nodes, ...prefixes }) },
);
