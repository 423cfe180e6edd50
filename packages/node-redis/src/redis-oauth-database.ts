import { DriverDatabase, kindOf } from '@oauthdb/core';
import {
  openDriver,
  openInspector,
  redisOptions,
  type ClientLibrary,
  type Inspector,
  type RedisDriver,
  type RedisOptions,
  type RedisSettings,
} from '@oauthdb/redis-driver';
import { createClient } from 'redis';
import { GivenNodeRedisClient, OwnNodeRedisClient, type NodeRedis } from './node-redis-client.ts';

export interface RedisOAuthDatabaseOptions extends RedisOptions {
  /**
   * A node-redis client to use instead of a connection of our own; the application connects and closes it. Set it up to fail fast:
   * what it queues while its server is away, callers have given up.
   */
  readonly client?: NodeRedis | undefined;
}

/**
 * An `OAuthDatabase` on Redis or Valkey, by node-redis. It connects with the first call.
 *
 * @example
 * const db = new RedisOAuthDatabase({ url: 'redis://localhost:6379' });
 * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
 */
export class RedisOAuthDatabase extends DriverDatabase {
  /** @throws TypeError for an option that is unknown or wrong. */
  constructor(options: RedisOAuthDatabaseOptions = {}) {
    const parsed = redisOptions<NodeRedis>(options);
    super(openDriver(NODE_REDIS, parsed), parsed.database);
  }
}

/** The driver beneath {@link RedisOAuthDatabase}, to wrap it or to use it without its rules. */
export function nodeRedisDriver(options: RedisOAuthDatabaseOptions = {}): RedisDriver {
  return openDriver(NODE_REDIS, redisOptions<NodeRedis>(options));
}

/** An operator's way to the server of {@link RedisOAuthDatabase}. Connects when it is asked something. */
export function redisInspector(options: RedisOptions = {}): Inspector {
  return openInspector(NODE_REDIS, redisOptions<NodeRedis>(options));
}

const NODE_REDIS: ClientLibrary<NodeRedis> = { own, given };

function own(settings: RedisSettings): OwnNodeRedisClient {
  const { host, port, username, password, db, tls, connectTimeout, reconnectDelay } = settings;
  const reconnecting = {
    host,
    port,
    connectTimeout,
    reconnectStrategy: (retries: number) => reconnectDelay(retries + 1),
  };
  const options = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database: db,
    socket: tls === undefined ? reconnecting : { ...tls, ...reconnecting, tls: true as const },
    // Nothing is queued: a call that failed is repeated by core, if that is harmless, and only then.
    disableOfflineQueue: true,
    // A timer per command, for those that were not sent: there are none.
    commandOptions: { timeout: 0 },
    // These need rights that an application has no other use for.
    disableClientInfo: true,
    maintNotifications: 'disabled' as const,
    // node-redis makes a class of hundreds of commands for options that are not, as JSON, those of the last client: for each of the
    // sentinels, and at a failover, while nothing else runs. Ours differ in nothing that its classes do.
    toJSON: () => '@oauthdb/node-redis',
  };
  const create = (): NodeRedis => createClient(options);
  return new OwnNodeRedisClient(create);
}

function given(client: NodeRedis | undefined): GivenNodeRedisClient {
  if (client !== undefined && 'masters' in client) {
    throw new TypeError('client must not be a cluster: use @oauthdb/redis-cluster');
  }
  // It sends one command after the other, and again where it may have been carried out.
  if (client !== undefined && 'getSentinelNode' in client) {
    throw new TypeError('client must not be one of sentinels: pass a url redis+sentinel://… instead');
  }
  if (typeof client?.sendCommand !== 'function' || typeof client.isReady !== 'boolean') {
    throw new TypeError(
      `client must be a node-redis client, received ${kindOf(client)} without sendCommand and isReady`,
    );
  }
  const { options } = client as { readonly options?: { readonly keyPrefix?: unknown } };
  if (options?.keyPrefix) throw new TypeError('client must not have a keyPrefix: set that of the database');
  return new GivenNodeRedisClient(client);
}
