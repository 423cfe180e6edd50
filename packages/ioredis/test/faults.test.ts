import { faultConformance } from '@oauthdb/core/conformance';
import { redisFaults } from '@oauthdb/test-redis/faults';
import { describe, it } from 'vitest';
import { ioredisDriver } from '../src/index.ts';

faultConformance({ describe, it: it.concurrent }, { faults: redisFaults((at) => ioredisDriver(at)) });
