import { faultConformance } from '@oauthdb/core/conformance';
import { redisFaults } from '@oauthdb/test-redis/faults';
import { lent } from '@oauthdb/test-redis/lent';
import { Redis } from 'ioredis';
import { describe, it } from 'vitest';
import { ioredisDriver } from '../src/index.ts';

// A client of the application's, set up as the README says.
const faults = redisFaults(({ url, commandTimeout }) => {
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  return lent(ioredisDriver({ client, commandTimeout }), () => client.disconnect());
});
faultConformance({ describe, it: it.concurrent }, { name: 'a client that was lent', faults });
