import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { nodeRedisDriver } from '../src/index.ts';

const { url, host, port, user } = inject('standalone');
const tls = inject('tls');

conformance({ describe, it }, { name: 'with a password', open: () => nodeRedisDriver({ url }) });
conformance(
  { describe, it },
  { name: 'as an ACL user', prefix: 'app:', open: () => nodeRedisDriver({ host, port, ...user }) },
);
conformance(
  { describe, it },
  { name: 'over TLS', open: () => nodeRedisDriver({ host: tls.host, port: tls.port, tls: { ca: tls.ca } }) },
);
