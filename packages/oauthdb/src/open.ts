import type { ConnectionOptions } from 'node:tls';
import { kindOf, type DatabaseOptions, type OAuthDatabase } from '@oauthdb/core';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { load } from './adapters.ts';
import { parseUrl, type RedisTarget } from './url.ts';

/** The client libraries that `redis://` can go by; they store the same bytes under the same keys. */
export type RedisLibrary = 'ioredis' | 'node-redis';

/** What only Redis needs, and what a URL should not or cannot say. */
export interface OpenRedisOptions {
  /** Which client library `redis://` and `rediss://` go by. Default: ioredis where @oauthdb/ioredis is installed, else node-redis. */
  readonly library?: RedisLibrary | undefined;
  /** The user of an ACL, where the URL names none. */
  readonly username?: string | undefined;
  /** The password, where the URL holds none. */
  readonly password?: string | undefined;
  /** Options of `tls.connect`, for a certificate that Node.js does not trust by itself. */
  readonly tls?: boolean | ConnectionOptions | undefined;
  /** How long one attempt to connect may take, in milliseconds. Default 10000. */
  readonly connectionTimeout?: number | undefined;
  /** The user of the sentinels, where the URL names sentinels that ask for one. */
  readonly sentinelUsername?: string | undefined;
  /** The password of the sentinels, where the URL names sentinels that ask for one. */
  readonly sentinelPassword?: string | undefined;
  /**
   * When a change is acknowledged: as the server is set up (`default`), once replicas have it (`replicated`, which takes their
   * number, too), or once it is on disk (`fsync`).
   */
  readonly durability?: OpenDurability['profile'] | OpenDurability | undefined;
  /** Whether calls that are made while others are under way are joined into one command. Default `true`. */
  readonly coalescing?: boolean | undefined;
}

export interface OpenDurability {
  readonly profile: 'default' | 'replicated' | 'fsync';
  /** How many replicas must have a change, where the profile is `replicated`: all that a master has. Default 1. */
  readonly replicas?: number | undefined;
  /** How long to wait for them, in milliseconds. Default a quarter of `commandTimeout`. */
  readonly replicationTimeout?: number | undefined;
}

export interface OpenOptions extends DatabaseOptions {
  /** For the Redis URLs; the others ignore it. */
  readonly redis?: OpenRedisOptions | undefined;
}

/** The one that is used if both are installed comes first. */
export const redisAdapters = ['@oauthdb/ioredis', '@oauthdb/node-redis'] as const;

/**
 * Opens the database that a URL names.
 *
 * | URL | backend | beside `oauthdb` |
 * |---|---|---|
 * | `memory:` | the memory of this process | nothing |
 * | `sqlite:./path.db`, `sqlite::memory:` | a SQLite file | `@oauthdb/sqlite better-sqlite3` |
 * | `redis://[[user][:password]@]host[:port][/db]`, `rediss://…` (TLS) | Redis or Valkey | `@oauthdb/ioredis ioredis` or `@oauthdb/node-redis redis` |
 * | `redis+sentinel://[[user][:password]@]host:port,host:port/name[/db]`, `rediss+sentinel://…` | the Redis or Valkey that these sentinels call so | the same |
 * | `redis+cluster://host:port,host:port`, `rediss+cluster://…` | a Redis or Valkey cluster | `@oauthdb/redis-cluster ioredis` |
 *
 * It connects, or opens the file, with the first call: a database that cannot be reached shows there.
 *
 * @throws TypeError for a URL that has none of these forms; the message does not show it.
 * @throws OAuthDatabaseError `OAUTHDB_CONFIG` where the backend's package is not installed.
 * @example
 * const db = await open('memory:');
 * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
 */
export async function open(url: string, options: OpenOptions = {}): Promise<OAuthDatabase> {
  const { redis: { library, ...connection } = {}, ...others } = options;
  checkLibrary(library);
  const target = parseUrl(url);
  switch (target.kind) {
    case 'memory':
      return new MemoryOAuthDatabase(others);
    case 'sqlite': {
      const { SqliteOAuthDatabase } = await load('sqlite:', '@oauthdb/sqlite');
      return new SqliteOAuthDatabase({ ...others, path: target.path });
    }
    case 'redis-cluster': {
      const { RedisClusterOAuthDatabase } = await load('redis+cluster://', '@oauthdb/redis-cluster');
      return new RedisClusterOAuthDatabase({ ...others, ...connectionTo(target, connection) });
    }
    default: {
      const names = library === undefined ? redisAdapters : [`@oauthdb/${library}` as const];
      const { RedisOAuthDatabase } = await load('redis://', ...names);
      return new RedisOAuthDatabase({ ...others, ...connectionTo(target, connection) });
    }
  }
}

/** What an adapter is told of the options; those of sentinels where there are some, so that the same options serve every URL. */
export function connectionTo(
  { url, bySentinels }: RedisTarget,
  { sentinelUsername, sentinelPassword, ...connection }: Omit<OpenRedisOptions, 'library'>,
): Omit<OpenRedisOptions, 'library'> & { readonly url: string } {
  return { ...connection, ...(bySentinels ? { sentinelUsername, sentinelPassword } : {}), url };
}

export function checkLibrary(library: unknown): void {
  if (library === undefined || library === 'ioredis' || library === 'node-redis') return;
  const received = typeof library === 'string' ? JSON.stringify(library) : kindOf(library);
  throw new TypeError(`redis.library must be 'ioredis' or 'node-redis', received ${received}`);
}
