import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseOptions, OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase, MemoryStore } from '@oauthdb/memory';
import { RedisOAuthDatabase as NodeRedisOAuthDatabase } from '@oauthdb/node-redis';
import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import type {} from '@oauthdb/test-redis/setup';
import { inject, onTestFinished } from 'vitest';

/** Opens one more connection to the store that a test has to itself. */
export type Open = (options?: DatabaseOptions) => OAuthDatabase;

/** Each makes a new store. */
export const backends: readonly (readonly [name: string, makeStore: () => Open])[] = [
  ['memory', inMemory],
  ['SQLite', inFile],
  ['Redis, by ioredis', onServer],
  ['Redis, by node-redis', onServerByNodeRedis],
  ['Redis Cluster', onCluster],
];

export function inMemory(): Open {
  const store = new MemoryStore();
  return closing((options) => new MemoryOAuthDatabase({ ...options, store }));
}

function inFile(): Open {
  const dir = mkdtempSync(join(tmpdir(), 'oauthdb-mcp-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return closing((options) => new SqliteOAuthDatabase({ ...options, path: join(dir, 'oauth.db') }));
}

function onServer(): Open {
  const own = { ...prefixes(), url: inject('standalone').url };
  return closing((options) => new RedisOAuthDatabase({ ...options, ...own }));
}

function onServerByNodeRedis(): Open {
  const own = { ...prefixes(), url: inject('standalone').url };
  return closing((options) => new NodeRedisOAuthDatabase({ ...options, ...own }));
}

function onCluster(): Open {
  const own = { ...prefixes(), ...inject('cluster') };
  return closing((options) => new RedisClusterOAuthDatabase({ ...options, ...own }));
}

function prefixes(): { keyPrefix: string; serverKeyPrefix: string } {
  const prefix = `mcp${process.pid}.${Math.random()}`;
  return { keyPrefix: `${prefix}:held:`, serverKeyPrefix: `${prefix}:issued:` };
}

function closing(open: Open): Open {
  return (options) => {
    // Nothing here is about deadlines, and a busy machine may take longer than two seconds to write to a disk.
    const db = open({ commandTimeout: 20_000, ...options });
    onTestFinished(() => db.close());
    return db;
  };
}
