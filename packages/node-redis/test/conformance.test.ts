import { conformance } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { describe, inject, it } from 'vitest';
import { nodeRedisDriver } from '../src/index.ts';

const { url, host, port, user: account } = inject('standalone');
// Of its own, so that no listing searches through what other tests leave.
const db = 1;
const { ca, ...secure } = inject('tls');
const user = { host, port, db, ...account };
const overTls = { ...secure, tls: { ca } };

conformance({ describe, it }, { name: 'password', open: () => nodeRedisDriver({ url: `${url}/${db}` }) });
conformance({ describe, it }, { name: 'ACL user', prefix: 'app:', open: () => nodeRedisDriver(user) });
conformance({ describe, it }, { name: 'TLS', open: () => nodeRedisDriver(overTls) });
