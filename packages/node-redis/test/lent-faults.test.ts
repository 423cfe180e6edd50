import { faultConformance } from '@oauthdb/core/conformance';
import { redisFaults } from '@oauthdb/test-redis/faults';
import { lent } from '@oauthdb/test-redis/lent';
import { createClient } from 'redis';
import { describe, it } from 'vitest';
import { nodeRedisDriver } from '../src/index.ts';

// A client of the application's, set up as the README says.
const faults = redisFaults(({ url, commandTimeout }) => {
  const client = createClient({ url, disableOfflineQueue: true });
  client.on('error', () => {});
  client.connect().catch(() => {});
  return lent(nodeRedisDriver({ client, commandTimeout }), () => client.destroy());
});
faultConformance({ describe, it: it.concurrent }, { name: 'a client that was lent', faults });
