import { DriverDatabase, kindOf } from '@oauthdb/core';
import {
  IoredisClient,
  openDriver,
  openInspector,
  redisOptions,
  type ClientLibrary,
  type Inspector,
  type Ioredis,
  type RedisDriver,
  type RedisOptions,
  type RedisSettings,
} from '@oauthdb/redis-driver';
import { Redis } from 'ioredis';

export interface RedisOAuthDatabaseOptions extends RedisOptions {
  /**
   * An ioredis client to use instead of a connection of our own; it is never closed. Set it up to fail fast: what it queues or
   * sends again while its server is away, callers have given up.
   */
  readonly client?: Ioredis | undefined;
}

/**
 * An `OAuthDatabase` on Redis or Valkey, by ioredis. It connects with the first call.
 *
 * @example
 * const db = new RedisOAuthDatabase({ url: 'redis://localhost:6379' });
 * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
 */
export class RedisOAuthDatabase extends DriverDatabase {
  /** @throws TypeError for an option that is unknown or wrong. */
  constructor(options: RedisOAuthDatabaseOptions = {}) {
    const parsed = redisOptions<Ioredis>(options);
    super(openDriver(IOREDIS, parsed), parsed.database);
  }
}

/** What may be wrong with a client that was passed in. */
interface GivenClient {
  readonly isCluster?: boolean;
  readonly options?: { readonly keyPrefix?: string; readonly role?: string };
}

/** The driver beneath {@link RedisOAuthDatabase}, to wrap it or to use it without its rules. */
export function ioredisDriver(options: RedisOAuthDatabaseOptions = {}): RedisDriver {
  return openDriver(IOREDIS, redisOptions<Ioredis>(options));
}

/** An operator's way to the server of {@link RedisOAuthDatabase}. Connects when it is asked something. */
export function redisInspector(options: RedisOptions = {}): Inspector {
  return openInspector(IOREDIS, redisOptions<Ioredis>(options));
}

const IOREDIS: ClientLibrary<Ioredis> = { own, given };

function own(settings: RedisSettings): IoredisClient {
  const { host, port, username, password, db, tls, connectTimeout, reconnectDelay } = settings;
  const redis = new Redis({
    host,
    port,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    connectTimeout,
    disconnectTimeout: 100,
    retryStrategy: reconnectDelay,
    lazyConnect: true,
    // Nothing is queued and nothing is sent twice: a call that failed is repeated by core, if that is harmless, and only then.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // These need rights that an application has no other use for, and complain on the console where it has not got them.
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  return new IoredisClient(redis, { isOurs: true, db });
}

function given(client: Ioredis | undefined): IoredisClient {
  if (typeof client?.call !== 'function' || typeof client.status !== 'string') {
    throw new TypeError(
      `client must be an ioredis client, received ${kindOf(client)} without call and status`,
    );
  }
  const { isCluster, options } = client as GivenClient;
  if (isCluster === true) throw new TypeError('client must not be a cluster: use @oauthdb/redis-cluster');
  if (options?.keyPrefix) throw new TypeError('client must not have a keyPrefix: set that of the database');
  if (options?.role === 'slave') {
    throw new TypeError(
      'client must be one of the master (role): a replica may not know yet what was revoked',
    );
  }
  return new IoredisClient(client, { isOurs: false });
}
