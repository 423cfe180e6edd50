import { integer, kindOf, refuseUnknownOptions } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import type { Redis } from 'ioredis';
import { DEFAULT_ACCESS_TOKEN_TTL_SECONDS } from './atxp-oauth-db.ts';
import { atxpKeys, type Keys } from './keys.ts';
import { commonOptionNames, flag, resolveCommon, seconds, type CommonOptions } from './options.ts';
import { Codec } from './records.ts';
import { fromNodeRedis, textStoreOfClient, type NodeRedisClient, type RedisClient } from './redis-client.ts';
import { StoredOAuthDb } from './stored-oauth-db.ts';
import { TextRecords, type TextStore } from './text-records.ts';
import { textStoreOf } from './text-store-of.ts';
import type { Cipher } from './types.ts';

export interface RedisOAuthDbConfig extends CommonOptions {
  /** `redis[s]://…`, for a connection of our own by @oauthdb/ioredis, or a client: of ioredis, a cluster's included, or of node-redis. */
  readonly redis: string | RedisClient | NodeRedisClient;
  /** Encrypts secrets, and nothing else, before they are stored. Default: they are stored as they are. */
  readonly encrypt?: Cipher | undefined;
  /** Decrypts what `encrypt` gave; throws for what it did not give. */
  readonly decrypt?: Cipher | undefined;
  /** Taken for the sake of the original, and not used: nothing is logged, and what fails is thrown. */
  readonly logger?: unknown;
  /** What stands before every key. Default `oauth:`. */
  readonly keyPrefix?: string | undefined;
  /** The life of every access token, in seconds, whatever it says itself. */
  readonly ttl?: number | undefined;
  /** The life of an access token that does not say when it expires, in seconds. Default: a day. */
  readonly defaultTtl?: number | undefined;
  /** How long a command may take, in milliseconds. Default 2000. */
  readonly commandTimeout?: number | undefined;
  /** Whether `close()` calls `quit` of a client that was passed in, as the original does. Default: false. */
  readonly closeClient?: boolean | undefined;
}

/**
 * ATXP's `RedisOAuthDb`: the same options, keys and values, so that both may work on the same Redis.
 *
 * Throws a `TypeError` for options that are wrong. A URL is connected to at the first call.
 *
 * @example
 * const oAuthDb = new RedisOAuthDb({ redis: 'redis://localhost:6379' });
 * const client = await atxpClient({ mcpServer, account, oAuthDb });
 */
export class RedisOAuthDb extends StoredOAuthDb {
  /** What stands before every key. */
  readonly keyPrefix: string;
  readonly #redis: string | RedisClient;
  #client: Promise<Redis> | undefined;

  constructor(config: RedisOAuthDbConfig) {
    if (typeof config !== 'object' || config === null)
      throw new TypeError(`options must be an object, received ${kindOf(config)}`);
    const {
      redis: given,
      encrypt,
      decrypt,
      logger: _,
      keyPrefix = 'oauth:',
      ttl,
      defaultTtl,
      ...more
    } = config;
    const { commandTimeout = 2000, closeClient, ...common } = more;
    refuseUnknownOptions(common, NAMES);
    if (typeof keyPrefix !== 'string')
      throw new TypeError(`keyPrefix must be a string, received ${kindOf(keyPrefix)}`);
    const resolved = resolveCommon(common);
    const { now, refreshTtl } = resolved;
    const lives = {
      // As with the original, 0 is the same as none.
      ttl: ttl ? seconds('ttl', ttl) : undefined,
      defaultTtl: seconds('defaultTtl', defaultTtl ?? DEFAULT_ACCESS_TOKEN_TTL_SECONDS),
      refreshTtl,
      now,
    };
    const timeout = integer('commandTimeout', commandTimeout, 1, 2 ** 31 - 1);
    const codec = new Codec({
      ...(encrypt === undefined ? {} : { encrypt }),
      ...(decrypt === undefined ? {} : { decrypt }),
    });
    const redis = typeof given === 'string' ? given : clientOf(given);
    const isOurs = flag('closeClient', closeClient);
    const records =
      typeof redis === 'string'
        ? new TextRecords(connected(redis, { keyPrefix, commandTimeout: timeout, now }), atxpKeys, lives)
        : new TextRecords(
            textStoreOfClient(redis, {
              prefix: keyPrefix,
              commandTimeout: timeout,
              // A connection that is closed or lost cannot quit, and need not.
              close: async () => void (isOurs && (await redis.quit().catch(() => undefined))),
            }),
            prefixed(atxpKeys, keyPrefix),
            lives,
          );
    super(records, codec, resolved);
    this.keyPrefix = keyPrefix;
    this.#redis = redis;
  }

  /**
   * A client for commands of your own: the one that was passed in (that of node-redis under the names of ioredis), or one of ioredis on
   * the same URL, which is opened for the first call and closed with this object.
   */
  async getRedisClient(): Promise<RedisClient> {
    if (typeof this.#redis !== 'string') return this.#redis;
    this.#client ??= opened(this.#redis);
    return this.#client;
  }

  override async close(): Promise<void> {
    await super.close();
    (await this.#client)?.disconnect();
  }
}

const NAMES: readonly string[] = [
  'redis',
  'encrypt',
  'decrypt',
  'logger',
  'keyPrefix',
  'ttl',
  'defaultTtl',
  'commandTimeout',
  'closeClient',
  ...commonOptionNames,
];

function connected(
  url: string,
  options: { readonly keyPrefix: string; readonly commandTimeout: number; readonly now: () => number },
): TextStore {
  // Nothing is issued: it only must not begin with the prefix above, nor the other way round.
  const serverKeyPrefix = `${options.keyPrefix.startsWith('!') ? '~' : '!'}unused:`;
  const db = new RedisOAuthDatabase({ ...options, url, serverKeyPrefix });
  return textStoreOf(db, options.now, () => db.close());
}

async function opened(url: string): Promise<Redis> {
  const { Redis: Client } = await import('ioredis');
  const client = new Client(url);
  // Its commands tell, too; without a listener they would be printed.
  client.on('error', () => undefined);
  return client;
}

/** The client that was passed in, if it is one. */
function clientOf(client: RedisClient | NodeRedisClient): RedisClient {
  const has = (...names: readonly string[]): boolean =>
    typeof client === 'object' &&
    client !== null &&
    names.every((name) => typeof (client as unknown as Record<string, unknown>)[name] === 'function');
  if (has('get', 'set', 'setex', 'del')) return client as RedisClient;
  if (has('get', 'set', 'setEx', 'del')) return fromNodeRedis(client as NodeRedisClient);
  throw new TypeError(
    `redis must be a URL or a client with get, set, setex and del, received ${kindOf(client)}`,
  );
}

function prefixed(keys: Keys, prefix: string): Keys {
  return {
    credentials: (serverUrl) => prefix + keys.credentials(serverUrl),
    pkce: (userId, state) => prefix + keys.pkce(userId, state),
    token: (userId, url) => prefix + keys.token(userId, url),
    kept: (userId, url) => prefix + keys.kept(userId, url),
    parse: (key) => (key.startsWith(prefix) ? keys.parse(key.slice(prefix.length)) : null),
  };
}
