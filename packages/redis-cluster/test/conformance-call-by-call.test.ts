import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';

const { nodes } = inject('cluster');

conformance(
  { describe, it },
  { name: 'over all slots, call by call', open: () => redisClusterDriver({ nodes, coalescing: false }) },
);
