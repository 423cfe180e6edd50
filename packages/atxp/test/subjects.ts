import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import type {} from '@oauthdb/test-redis/setup';
import { Redis } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { atxpOAuthDb, MemoryOAuthDb, type CommonOptions, type OAuthDb } from '../src/index.ts';
import { RedisOAuthDb } from '../src/redis.ts';
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

export const newPrefix = (): string => `t${randomUUID()}:`;

function closed<T extends { close(): Promise<void> }>(db: T): T {
  onTestFinished(() => db.close());
  return db;
}

/** Every way to have an `OAuthDb` of this package, each opened anew and closed after the test. */
export const subjects: readonly (readonly [string, (options?: CommonOptions) => OAuthDb])[] = [
  ['MemoryOAuthDb', (options) => new MemoryOAuthDb(options)],
  [
    'atxpOAuthDb on memory',
    (options = {}) => {
      const { now } = options;
      return atxpOAuthDb(closed(new MemoryOAuthDatabase(now === undefined ? {} : { now })), options);
    },
  ],
  [
    'atxpOAuthDb on SQLite',
    (options = {}) => {
      const { now } = options;
      const path = temporaryPath('oauthdb.sqlite');
      return atxpOAuthDb(
        closed(new SqliteOAuthDatabase(now === undefined ? { path } : { path, now })),
        options,
      );
    },
  ],
  [
    'atxpOAuthDb on Redis',
    (options) => {
      const { url } = inject('standalone');
      return atxpOAuthDb(closed(new RedisOAuthDatabase({ url, keyPrefix: newPrefix() })), options);
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
];
