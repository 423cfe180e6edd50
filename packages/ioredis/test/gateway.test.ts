import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { ioredisDriver } from '../src/index.ts';

const { url } = inject('standalone');

conformance({ describe, it }, { layout: 'gateway', open: () => ioredisDriver({ url }) });
