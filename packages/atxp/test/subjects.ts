import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisOAuthDatabase as IoredisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { RedisOAuthDatabase as NodeRedisOAuthDatabase } from '@oauthdb/node-redis';
import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import type {} from '@oauthdb/test-redis/setup';
import { Cluster, Redis } from 'ioredis';
import { createClient } from 'redis';
import { inject, onTestFinished } from 'vitest';
import {
  atxpOAuthDb,
  MemoryOAuthDb,
  type CommonOptions,
  type OAuthDb,
  type OAuthRecords,
} from '../src/index.ts';
import { RedisOAuthDatabase, RedisOAuthDb, type NodeRedisClient } from '../src/redis.ts';
import { SqliteOAuthDb } from '../src/sqlite.ts';

export function temporaryPath(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-atxp-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, name);
}

/** A client of the test's own. */
export function redisClient(): Redis {
  const { host, port, password } = inject('standalone');
  const client = new Redis({ host, port, password });
  onTestFinished(() => client.disconnect());
  return client;
}

/** A client of node-redis, which connects meanwhile. */
export function nodeRedisClient(): NodeRedisClient {
  const client = createClient({ url: inject('standalone').url });
  client.on('error', () => undefined);
  const connecting = client.connect();
  onTestFinished(async () => {
    await connecting;
    client.destroy();
  });
  return client;
}

export function clusterClient(): Cluster {
  const client = new Cluster([...inject('cluster').nodes]);
  onTestFinished(() => client.disconnect());
  return client;
}

export const newPrefix = (): string => `t${randomUUID()}:`;

function closed<T extends { close(): Promise<void> }>(db: T): T {
  onTestFinished(() => db.close());
  return db;
}

/** The clock of a database beneath. */
function clockOf({ now }: CommonOptions = {}): { now?: () => number } {
  return now === undefined ? {} : { now };
}

/** Every way to have an `OAuthDb` of this package, each opened anew and closed after the test. */
export const subjects: readonly (readonly [string, (options?: CommonOptions) => OAuthDb & OAuthRecords])[] = [
  ['MemoryOAuthDb', (options) => new MemoryOAuthDb(options)],
  [
    'atxpOAuthDb on memory',
    (options) => atxpOAuthDb(closed(new MemoryOAuthDatabase(clockOf(options))), options),
  ],
  [
    'atxpOAuthDb on SQLite',
    (options) => {
      const path = temporaryPath('oauthdb.sqlite');
      return atxpOAuthDb(closed(new SqliteOAuthDatabase({ ...clockOf(options), path })), options);
    },
  ],
  [
    'atxpOAuthDb on Redis',
    (options) => {
      const { url } = inject('standalone');
      const held = { ...clockOf(options), url, keyPrefix: newPrefix() };
      return atxpOAuthDb(closed(new IoredisOAuthDatabase(held)), options);
    },
  ],
  [
    'RedisOAuthDatabase',
    (options) =>
      closed(new RedisOAuthDatabase({ ...options, url: inject('standalone').url, keyPrefix: newPrefix() })),
  ],
  [
    'atxpOAuthDb on Redis by node-redis',
    (options) => {
      const { url } = inject('standalone');
      const held = { ...clockOf(options), url, keyPrefix: newPrefix() };
      return atxpOAuthDb(closed(new NodeRedisOAuthDatabase(held)), options);
    },
  ],
  [
    'atxpOAuthDb on a Redis cluster',
    (options) => {
      const { nodes } = inject('cluster');
      const held = { ...clockOf(options), nodes, keyPrefix: newPrefix() };
      return atxpOAuthDb(closed(new RedisClusterOAuthDatabase(held)), options);
    },
  ],
  [
    'SqliteOAuthDb',
    (options) => closed(new SqliteOAuthDb({ ...options, db: temporaryPath('oauthClient.db') })),
  ],
  [
    'RedisOAuthDb with a URL',
    (options) =>
      closed(new RedisOAuthDb({ ...options, redis: inject('standalone').url, keyPrefix: newPrefix() })),
  ],
  [
    'RedisOAuthDb with a client',
    (options) => closed(new RedisOAuthDb({ ...options, redis: redisClient(), keyPrefix: newPrefix() })),
  ],
  [
    'RedisOAuthDb with a client of node-redis',
    (options) => closed(new RedisOAuthDb({ ...options, redis: nodeRedisClient(), keyPrefix: newPrefix() })),
  ],
  [
    'RedisOAuthDb with a client of a cluster',
    (options) => closed(new RedisOAuthDb({ ...options, redis: clusterClient(), keyPrefix: newPrefix() })),
  ],
];
