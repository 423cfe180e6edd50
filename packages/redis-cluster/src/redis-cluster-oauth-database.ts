import { DriverDatabase, kindOf } from '@oauthdb/core';
import { Inspector, RedisDriver, type RedisClient } from '@oauthdb/redis-driver';
import { givenIoredisCluster, ownCluster } from './ioredis-cluster.ts';
import { GivenNodeRedisCluster } from './node-redis-cluster.ts';
import {
  clusterOptions,
  type ParsedClusterOptions,
  type RedisClusterOAuthDatabaseOptions,
} from './options.ts';

/**
 * An `OAuthDatabase` on a cluster of Redis or Valkey. It connects with the first call.
 *
 * With one hash tag in both prefixes every change is all-or-nothing, as on a single server, and everything is in one slot: see
 * `supports.transactions`.
 *
 * @example
 * const db = new RedisClusterOAuthDatabase({ nodes: [{ host: 'localhost', port: 7000 }] });
 * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
 */
export class RedisClusterOAuthDatabase extends DriverDatabase {
  /** @throws TypeError for an option that is unknown or wrong. */
  constructor(options: RedisClusterOAuthDatabaseOptions = {}) {
    const parsed = clusterOptions(options);
    super(driverFor(parsed), parsed.database);
  }
}

/** The driver beneath {@link RedisClusterOAuthDatabase}, to wrap it or to use it without its rules. */
export function redisClusterDriver(options: RedisClusterOAuthDatabaseOptions = {}): RedisDriver {
  return driverFor(clusterOptions(options));
}

/** An operator's way to the masters of {@link RedisClusterOAuthDatabase}. Connects when it is asked something. */
export function redisClusterInspector(options: RedisClusterOAuthDatabaseOptions = {}): Inspector {
  const { settings } = clusterOptions(options);
  if (settings === undefined) throw new TypeError('client cannot be inspected: name the nodes');
  return new Inspector(ownCluster(settings), settings.silenceMs);
}

function driverFor({
  settings,
  client,
  coalescing,
  durability,
  transactions,
}: ParsedClusterOptions): RedisDriver {
  const redis = settings === undefined ? given(client) : ownCluster(settings);
  return new RedisDriver(redis, { coalescing, durability, transactions });
}

function given(client: ParsedClusterOptions['client']): RedisClient {
  if (client !== undefined && 'masters' in client && typeof client.sendCommand === 'function') {
    const { _options: options } = client as { readonly _options?: { readonly keyPrefix?: unknown } };
    if (options?.keyPrefix) throw new TypeError('client must not have a keyPrefix: set that of the database');
    return new GivenNodeRedisCluster(client);
  }
  if (client !== undefined && 'call' in client && typeof client.nodes === 'function') {
    return givenIoredisCluster(client);
  }
  throw new TypeError(`client must be a cluster of ioredis or node-redis, received ${kindOf(client)}`);
}
