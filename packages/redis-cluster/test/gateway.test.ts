import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { redisClusterDriver } from '../src/index.ts';

const { nodes } = inject('cluster');

conformance({ describe, it }, { layout: 'gateway', open: () => redisClusterDriver({ nodes }) });
