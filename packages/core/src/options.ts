import { resolveLifetimes, type Lifetimes, type ResolvedLifetimes } from './grants/lifetimes.ts';
import { resolveRotation, type ResolvedRotation, type RotationOptions } from './grants/rotation-options.ts';
import {
  checkGatewayPrefix,
  gatewayLifetimes,
  layoutNames,
  type LayoutName,
} from './grants/layouts/layout.ts';
import { kindOf } from './input.ts';
import { integer } from './integer.ts';
import { resolveSecrets, type ResolvedSecrets, type SecretsOptions } from './secrets/secrets-options.ts';

/** The options that every backend has. */
export interface DatabaseOptions {
  /** Stands before the key of every token that the application holds. Default `atxp:oauth:`. */
  readonly keyPrefix?: string | undefined;
  /** Stands before the key of everything that an authorization server issues. Default `oauth:`. */
  readonly serverKeyPrefix?: string | undefined;
  /** How long a call may take, in milliseconds, everything included. Default 2000. */
  readonly commandTimeout?: number | undefined;
  /** How many calls may be under way at once; the next one is refused with `OAUTHDB_OVERLOADED`. Default 10000. */
  readonly maxCallsInFlight?: number | undefined;
  /** How often a call that failed for a passing reason is repeated, within its time. Default 3. */
  readonly maxRetriesPerRequest?: number | undefined;
  /** How long to wait before a call is repeated, in milliseconds. Default 100. */
  readonly retryDelayOnFailover?: number | undefined;
  /**
   * The time, in epoch milliseconds. Default `Date.now`. Backends whose `supports.clock` is false expire the tokens you hold by
   * a clock of their own.
   */
  readonly now?: (() => number) | undefined;
  /** How long what is issued lives when its record does not say. */
  readonly lifetimes?: Lifetimes | undefined;
  /** How rotated refresh tokens are treated. */
  readonly rotation?: RotationOptions | undefined;
  /**
   * How what is issued stands in the database: in the form of this library (`oauthdb`, the default), or in that of
   * mcp-oauth-dynamicclient (`gateway`), so that both can use the same Redis at the same time. The latter needs plain handles, which
   * then are the default, encrypts nothing, and gives codes a year to live unless `lifetimes.code` says otherwise.
   */
  readonly layout?: LayoutName | undefined;
  /**
   * What stands in keys in place of states, codes, refresh tokens and session ids, which are secrets: a hash of them (the
   * default), or the secrets themselves, for data that is shared with software that expects them.
   */
  readonly handles?: 'hashed' | 'plain' | undefined;
  /** How secrets are kept where they are stored. Default: values in clear, handles hashed without a pepper. */
  readonly secrets?: SecretsOptions | undefined;
  /** Whether a registration may expire while something issued to its client lives. Default `false`: it then lives longer. */
  readonly lapsingClients?: boolean | undefined;
}

export interface ResolvedOptions {
  readonly keyPrefix: string;
  readonly serverKeyPrefix: string;
  readonly commandTimeout: number;
  readonly maxCallsInFlight: number;
  readonly maxRetriesPerRequest: number;
  readonly retryDelayOnFailover: number;
  readonly now: () => number;
  /** Whether the clock was passed in, and may be any. */
  readonly ownClock: boolean;
  readonly lifetimes: ResolvedLifetimes;
  readonly rotation: ResolvedRotation;
  readonly layout: LayoutName;
  readonly handles: 'hashed' | 'plain';
  readonly secrets: ResolvedSecrets;
  readonly lapsingClients: boolean;
}

/** The names of {@link DatabaseOptions}, for backends that refuse names they do not know. */
export const databaseOptionNames: readonly (keyof DatabaseOptions)[] = [
  'keyPrefix',
  'serverKeyPrefix',
  'commandTimeout',
  'maxCallsInFlight',
  'maxRetriesPerRequest',
  'retryDelayOnFailover',
  'now',
  'lifetimes',
  'rotation',
  'layout',
  'handles',
  'secrets',
  'lapsingClients',
];

/** Fills in the defaults. Throws a `TypeError` that names the option that is wrong. */
export function resolveOptions(options: DatabaseOptions = {}): ResolvedOptions {
  const layout = oneOf('layout', options.layout ?? 'oauthdb', layoutNames);
  const isGateway = layout === 'gateway';
  const resolved = {
    keyPrefix: prefix('keyPrefix', options.keyPrefix ?? 'atxp:oauth:'),
    serverKeyPrefix: prefix('serverKeyPrefix', options.serverKeyPrefix ?? 'oauth:'),
    // A timer of Node.js holds 2^31 - 1 ms at the most.
    commandTimeout: integer('commandTimeout', options.commandTimeout ?? 2000, 1, 2 ** 31 - 1),
    maxCallsInFlight: integer('maxCallsInFlight', options.maxCallsInFlight ?? 10_000, 1),
    maxRetriesPerRequest: integer('maxRetriesPerRequest', options.maxRetriesPerRequest ?? 3, 0),
    retryDelayOnFailover: integer(
      'retryDelayOnFailover',
      options.retryDelayOnFailover ?? 100,
      0,
      2 ** 31 - 1,
    ),
    now: options.now ?? (() => Date.now()),
    ownClock: options.now !== undefined,
    lifetimes: resolveLifetimes(options.lifetimes, isGateway ? gatewayLifetimes : {}),
    rotation: resolveRotation(options.rotation),
    layout,
    handles: oneOf('handles', options.handles ?? (isGateway ? 'plain' : 'hashed'), ['hashed', 'plain']),
    secrets: resolveSecrets(options.secrets),
    lapsingClients: boolean('lapsingClients', options.lapsingClients ?? false),
  };
  if (isGateway) checkGateway(resolved);
  if (resolved.handles === 'plain' && resolved.secrets.pepper !== undefined)
    throw new TypeError("secrets.pepper must be left out with handles: 'plain', which hashes nothing");
  if (typeof resolved.now !== 'function')
    throw new TypeError(`now must be a function, received ${kindOf(resolved.now)}`);
  const { keyPrefix, serverKeyPrefix } = resolved;
  if (keyPrefix.startsWith(serverKeyPrefix) || serverKeyPrefix.startsWith(keyPrefix)) {
    throw new TypeError(
      `keyPrefix (${JSON.stringify(keyPrefix)}) and serverKeyPrefix (${JSON.stringify(serverKeyPrefix)}) must not begin with one another`,
    );
  }
  return resolved;
}

/** What the other program could not read. */
function checkGateway({ handles, secrets, serverKeyPrefix }: ResolvedOptions): void {
  if (handles === 'hashed')
    throw new TypeError(
      "handles must be 'plain' with layout: 'gateway', whose keys hold the secrets themselves",
    );
  if (secrets.keyRing.seals)
    throw new TypeError(
      "secrets.keys must be left out with layout: 'gateway': the service could read nothing",
    );
  checkGatewayPrefix(serverKeyPrefix);
}

/** Throws a `TypeError` for the first name in `options` that is not in `known`: a misspelt option would do nothing. */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`unknown option ${unknown}; known are ${known.join(', ')}`);
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new TypeError(`${name} must be one of ${allowed.join(', ')}, received ${kindOf(value)}`);
}

function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean')
    throw new TypeError(`${name} must be true or false, received ${kindOf(value)}`);
  return value;
}

function prefix(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string, received ${kindOf(value)}`);
  if (value === '')
    throw new TypeError(`${name} must not be empty: the database may hold keys of other programs`);
  if (!value.isWellFormed())
    throw new TypeError(`${name} must be well-formed Unicode, received a lone surrogate`);
  if (Buffer.byteLength(value) > 1024) throw new TypeError(`${name} must not be longer than 1024 bytes`);
  return value;
}
