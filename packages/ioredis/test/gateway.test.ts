import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { ioredisDriver } from '../src/index.ts';

const { url } = inject('standalone');
// In a database of its own: here every listing searches through everything.

conformance({ describe, it }, { layout: 'gateway', open: () => ioredisDriver({ url: `${url}/2` }) });
