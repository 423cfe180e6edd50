import { faultConformance } from '@oauthdb/core/conformance';
import { redisFaults } from '@oauthdb/test-redis/faults';
import { describe, it } from 'vitest';
import { nodeRedisDriver } from '../src/index.ts';

faultConformance({ describe, it: it.concurrent }, { faults: redisFaults((at) => nodeRedisDriver(at)) });
