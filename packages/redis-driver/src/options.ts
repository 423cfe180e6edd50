import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import {
  databaseOptionNames,
  integer,
  kindOf,
  refuseUnknownOptions,
  type DatabaseOptions,
} from '@oauthdb/core';
import { durabilityOf, type Durability, type DurabilityOptions } from './durability.ts';
import { checkPrefixes } from './prefixes.ts';
import { parseRedisUrl, type RedisAddress, type RedisUrl } from './url.ts';

/** How to reach a server: what every Redis backend has in common, a cluster included. */
export interface RedisConnectionOptions extends DatabaseOptions {
  /** The user of an ACL. Default: the server's default user. */
  readonly username?: string | undefined;
  /** Redis server password for authentication. */
  readonly password?: string | undefined;
  /** TLS, for a server whose certificate Node.js trusts (`true`), or with options of `tls.connect`. Default: as the url says. */
  readonly tls?: boolean | ConnectionOptions | undefined;
  /** How long one attempt to connect may take, in milliseconds. Default 10000. A call waits for `commandTimeout` at the most. */
  readonly connectionTimeout?: number | undefined;
  /** When a change is acknowledged: the name of a profile, or more. Default `default`: when the server has made it. */
  readonly durability?: DurabilityOptions['profile'] | DurabilityOptions | undefined;
  /**
   * Whether calls that are made while others are under way are joined: reads of one turn of the event loop become one `MGET`, changes
   * one call of the script, in a cluster one per slot. Each call is answered as if it were sent alone. Default `true`.
   */
  readonly coalescing?: boolean | undefined;
}

export interface RedisOptions extends RedisConnectionOptions {
  /**
   * `redis[s]://[[user][:password]@]host[:port][/db]`; takes precedence over `host`, `port`, `username`, `password` and `db`. What it
   * does not say of the last three may come from the options. Or `redis[s]+sentinel://[[user][:password]@]host[:port][,host:port…]/name[/db]`:
   * the master that these sentinels know by this name; user, password and db are those of the master.
   */
  readonly url?: string | undefined;
  /** Redis server hostname. Default `localhost`. */
  readonly host?: string | undefined;
  /** Redis server port. Default 6379. */
  readonly port?: number | undefined;
  /** Redis database number. Default 0. */
  readonly db?: number | undefined;
  /** The user of the sentinels, where they ask for one. */
  readonly sentinelUsername?: string | undefined;
  /** The password of the sentinels, where they ask for one. */
  readonly sentinelPassword?: string | undefined;
}

/** {@link RedisConnectionOptions}, checked and complete: what a client library must be told. */
export interface ConnectionSettings {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Present where TLS is to be used. */
  readonly tls: ConnectionOptions | undefined;
  readonly connectTimeout: number;
  /** How long a connection may be silent while an answer is due, before it is given up. */
  readonly silenceMs: number;
  /** Milliseconds before the given attempt to connect again, counted from 1. */
  readonly reconnectDelay: (attempt: number) => number;
}

/** {@link RedisOptions}, checked and complete. */
export interface RedisSettings extends ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly db: number;
}

/** {@link RedisOptions} with a url of sentinels, checked and complete. */
export interface SentinelSettings {
  /** What the sentinels call the master. */
  readonly name: string;
  readonly sentinels: readonly RedisSettings[];
  /** How to reach one of the servers that they watch. */
  readonly node: (address: RedisAddress) => RedisSettings;
  readonly silenceMs: number;
}

/** What a backend's constructor got, taken apart. */
export interface ParsedOptions<Settings, Client> {
  /** Where and how to connect; absent where a client was passed in. */
  readonly settings: Settings | undefined;
  readonly client: Client | undefined;
  readonly coalescing: boolean;
  readonly durability: Durability;
  /** For `DriverDatabase`, which checks them. */
  readonly database: DatabaseOptions;
}

const COMMON = ['username', 'password', 'tls', 'connectionTimeout'] as const;
const SENTINEL = ['sentinelUsername', 'sentinelPassword'] as const;
const SINGLE = ['url', 'host', 'port', 'db', ...SENTINEL, ...COMMON] as const;
const SCHEMES = ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel'];

/**
 * Checks the options of a backend for one server. `undefined` counts as left out.
 *
 * Throws a `TypeError` for an unknown option, a wrong value, or options to connect with beside a `client`; it names the option
 * and never shows a url or a password.
 */
export function redisOptions<Client extends object>(
  options: RedisOptions & { readonly client?: Client | undefined } = {},
): ParsedOptions<RedisSettings | SentinelSettings, Client> {
  const { client, ...others } = splitOptions<Client>(options, SINGLE);
  if (client !== undefined) return { settings: undefined, client, ...others };
  const { url, host = 'localhost', port = 6379, db = 0 } = options;
  const said = text('url', url) === undefined ? undefined : parseRedisUrl(url as string, SCHEMES);
  if (said?.name !== undefined) {
    return { settings: sentinelSettings(options, said, said.name), client: undefined, ...others };
  }
  const idle = SENTINEL.find((name) => options[name] !== undefined);
  if (idle !== undefined) throw new TypeError(`${idle} would do nothing: the url is not one of sentinels`);
  if (said !== undefined && said.nodes.length > 1) throw new TypeError('url must name one host');
  const node = said?.nodes[0] ?? { host: required('host', host), port: integer('port', port, 1, 65_535) };
  return {
    settings: {
      ...node,
      ...connectionSettings(options, { ...said, secure: said?.scheme === 'rediss', host: node.host }),
      db: said?.db ?? integer('db', db, 0, 2 ** 31 - 1),
    },
    client: undefined,
    ...others,
  };
}

/** One attempt to reach a sentinel takes no longer than this: there are others. */
const SENTINEL_CONNECT_MS = 1000;

function sentinelSettings(options: RedisOptions, said: RedisUrl, name: string): SentinelSettings {
  const secure = said.scheme === 'rediss+sentinel';
  const db = said.db ?? integer('db', options.db ?? 0, 0, 2 ** 31 - 1);
  const { sentinelUsername, sentinelPassword, connectionTimeout = 10_000 } = options;
  text('sentinelUsername', sentinelUsername);
  text('sentinelPassword', sentinelPassword);
  const ofSentinel = {
    ...options,
    username: sentinelUsername,
    password: sentinelPassword,
    connectionTimeout: Math.min(
      integer('connectionTimeout', connectionTimeout, 1, 2 ** 31 - 1),
      SENTINEL_CONNECT_MS,
    ),
  };
  const node = (address: RedisAddress): RedisSettings => ({
    ...address,
    ...connectionSettings(options, { ...said, secure, host: address.host }),
    db,
  });
  // What is wrong with the options shows here, and not at the first failover.
  const { silenceMs } = node({ host: 'localhost', port: 6379 });
  const sentinels = said.nodes.map((address) => ({
    ...address,
    ...connectionSettings(ofSentinel, { secure, host: address.host }),
    db: 0,
  }));
  return { name, sentinels, node, silenceMs };
}

/** Refuses what is unknown and what contradicts a client, and gives what is core's. */
export function splitOptions<Client extends object>(
  options: DatabaseOptions & {
    readonly client?: Client | undefined;
    readonly coalescing?: boolean | undefined;
    readonly durability?: unknown;
  },
  connecting: readonly string[],
): Omit<ParsedOptions<never, Client>, 'settings'> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options must be an object, received ${kindOf(options)}`);
  }
  refuseUnknownOptions(options, [
    ...connecting,
    'client',
    'coalescing',
    'durability',
    ...databaseOptionNames,
  ]);
  const { client, coalescing = true } = options;
  if (typeof coalescing !== 'boolean') {
    throw new TypeError(`coalescing must be true or false, received ${kindOf(coalescing)}`);
  }
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  if (client !== undefined && (typeof client !== 'object' || client === null)) {
    throw new TypeError(`client must be an object, received ${kindOf(client)}`);
  }
  const idle = client === undefined ? undefined : connecting.find((name) => given.has(name));
  if (idle !== undefined)
    throw new TypeError(`${idle} would do nothing: the client that was passed in is connected already`);
  checkPrefixes(options);
  const durability = durabilityOf(options.durability, options.commandTimeout ?? 2000);
  return {
    client,
    coalescing,
    durability,
    database: Object.fromEntries([...given].filter(([name]) => isCores(name))),
  };
}

/** What every connection needs, from the options and what a url says. */
export function connectionSettings(
  options: RedisConnectionOptions,
  said: { username?: string | undefined; password?: string | undefined; secure: boolean; host?: string },
): ConnectionSettings {
  const { connectionTimeout = 10_000, commandTimeout = 2000, retryDelayOnFailover: delay = 100 } = options;
  const username = said.username ?? text('username', options.username);
  const password = said.password ?? text('password', options.password);
  return {
    // With a name Redis checks the password even where it asks for none, and the clients have nothing to complain of.
    username: username ?? (password === undefined ? undefined : 'default'),
    password,
    tls: tlsOptions(options.tls, said),
    connectTimeout: integer('connectionTimeout', connectionTimeout, 1, 2 ** 31 - 1),
    silenceMs: commandTimeout,
    // Not all processes at once.
    reconnectDelay: (attempt) =>
      Math.min(delay * 2 ** (attempt - 1), Math.max(delay, 500)) + Math.random() * 50,
  };
}

function tlsOptions(
  tls: unknown,
  { secure, host }: { readonly secure: boolean; readonly host?: string },
): ConnectionOptions | undefined {
  if (
    tls !== undefined &&
    typeof tls !== 'boolean' &&
    (typeof tls !== 'object' || tls === null || Array.isArray(tls))
  ) {
    throw new TypeError(`tls must be a boolean or an object, received ${kindOf(tls)}`);
  }
  if (tls === false && secure) throw new TypeError('tls must not be false beside a url that asks for TLS');
  if (!secure && (tls === undefined || tls === false)) return undefined;
  // Several servers behind one address are told apart by it, and Node.js does not send it by itself.
  const servername = host === undefined || isIP(host) !== 0 ? {} : { servername: host };
  return { ...servername, ...(typeof tls === 'object' ? tls : {}) };
}

function isCores(name: string): boolean {
  return (databaseOptionNames as readonly string[]).includes(name);
}

/** A string, or `undefined` for an empty one. */
function text(name: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') {
    throw new TypeError(`${name} must be a string, received ${kindOf(value)}`);
  }
  return value === '' ? undefined : value;
}

function required(name: string, value: unknown): string {
  const given = text(name, value);
  if (given === undefined) throw new TypeError(`${name} must not be empty`);
  return given;
}
