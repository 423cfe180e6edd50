import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { nodeRedisDriver } from '../src/index.ts';

const url = `${inject('standalone').url}/1`;

conformance(
  { describe, it },
  { name: 'call by call', open: () => nodeRedisDriver({ url, coalescing: false }) },
);
