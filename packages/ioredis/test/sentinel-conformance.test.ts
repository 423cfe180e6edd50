import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { ioredisDriver } from '../src/index.ts';

const { name, sentinels } = inject('sentinel');
const url = `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;
const durability = { profile: 'replicated', replicas: 2 } as const;

conformance(
  { describe, it },
  { name: 'sentinels, two replicas', open: () => ioredisDriver({ url, durability }) },
);
