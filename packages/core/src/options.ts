import { kindOf } from './input.ts';

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
}

export interface ResolvedOptions {
  readonly keyPrefix: string;
  readonly serverKeyPrefix: string;
  readonly commandTimeout: number;
  readonly maxCallsInFlight: number;
  readonly maxRetriesPerRequest: number;
  readonly retryDelayOnFailover: number;
  readonly now: () => number;
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
];

/** Fills in the defaults. Throws a `TypeError` that names the option that is wrong. */
export function resolveOptions(options: DatabaseOptions = {}): ResolvedOptions {
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
  };
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

/** Throws a `TypeError` for the first name in `options` that is not in `known`: a misspelt option would do nothing. */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`unknown option ${unknown}; known are ${known.join(', ')}`);
}

/** Throws a `TypeError` unless `value` is a whole number from `least` to `most`. */
export function integer(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new TypeError(`${name} must be a whole number, received ${kindOf(value)}`);
  }
  if (value < least || value > most)
    throw new TypeError(`${name} must be from ${least} to ${most}, received ${value}`);
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
