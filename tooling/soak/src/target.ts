import type { DatabaseOptions, OAuthDatabase } from '@oauthdb/core';
import * as ioredis from '@oauthdb/ioredis';
import * as nodeRedis from '@oauthdb/node-redis';
import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';

/** A store, as one process tells another of it. */
export type Target =
  | { readonly kind: 'ioredis' | 'node-redis'; readonly url: string }
  | {
      readonly kind: 'redis-cluster';
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
    }
  | { readonly kind: 'sqlite'; readonly path: string };

export function openTarget({ kind, ...where }: Target, options: DatabaseOptions = {}): OAuthDatabase {
  const all = { ...where, ...options } as never;
  if (kind === 'ioredis') return new ioredis.RedisOAuthDatabase(all);
  if (kind === 'node-redis') return new nodeRedis.RedisOAuthDatabase(all);
  if (kind === 'redis-cluster') return new RedisClusterOAuthDatabase(all);
  return new SqliteOAuthDatabase(all);
}
