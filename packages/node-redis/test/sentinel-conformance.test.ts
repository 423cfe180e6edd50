import { behaviours, failures } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { expect, inject, it } from 'vitest';
import { nodeRedisDriver } from '../src/index.ts';

const { name, sentinels } = inject('sentinel');
const url = `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;

// All of it runs by ioredis; what differs here is how a server is connected to.
it.each(
  behaviours.filter(({ name: one }) => /^(round trips|changes|taking|listing|closing|fifty)/.test(one)),
)('a master that sentinels name passes the suite: $name', async ({ name: behaviour }) => {
  const wanted = (one: string): boolean => one.startsWith(`${behaviour} › `);
  expect(await failures({ open: () => nodeRedisDriver({ url }) }, wanted)).toEqual([]);
});
