/** What went wrong. Codes are part of the interface and do not change within a major version; messages may. */
export type OAuthDatabaseErrorCode =
  /** No answer before the deadline. */
  | 'OAUTHDB_TIMEOUT'
  /** The database cannot be reached, or says that it cannot serve now. */
  | 'OAUTHDB_UNAVAILABLE'
  /** Too many calls are under way in this process. */
  | 'OAUTHDB_OVERLOADED'
  /** The database refuses the credentials, or what they may do. */
  | 'OAUTHDB_AUTH'
  /** The database cannot be used as it is configured. */
  | 'OAUTHDB_CONFIG'
  /** The database takes no writes: a replica, a read-only file. */
  | 'OAUTHDB_READONLY'
  /** No memory, or no disk, is left for a write. */
  | 'OAUTHDB_STORE_FULL'
  /** Written, and not acknowledged by as many replicas as were asked for. */
  | 'OAUTHDB_NOT_REPLICATED'
  /** What came back was changed, or belongs to another key. */
  | 'OAUTHDB_INTEGRITY'
  /** What is stored cannot be decrypted with the keys that are configured. */
  | 'OAUTHDB_UNDECRYPTABLE'
  /** What is stored is not what this library, or the system it shares the data with, writes. */
  | 'OAUTHDB_CORRUPT'
  /** The database was closed by this process. */
  | 'OAUTHDB_CLOSED'
  /** This backend cannot do that. */
  | 'OAUTHDB_UNSUPPORTED';

/** The codes after which the same call may succeed without anybody changing anything. */
const RETRYABLE: ReadonlySet<OAuthDatabaseErrorCode> = new Set([
  'OAUTHDB_TIMEOUT',
  'OAUTHDB_UNAVAILABLE',
  'OAUTHDB_OVERLOADED',
  'OAUTHDB_READONLY',
  'OAUTHDB_NOT_REPLICATED',
  'OAUTHDB_INTEGRITY',
]);

export interface OAuthDatabaseErrorOptions {
  /** Whether it is certain that nothing was changed. */
  readonly outcome: 'not_executed' | 'unknown';
  /** The method that failed, for example `storeToken`. */
  readonly operation?: string | undefined;
  /** What a client library threw. Only its class, its code and where it came from are kept. */
  readonly cause?: unknown;
}

/**
 * An operation failed for a reason that is not in its arguments. Expected outcomes (no such token, already used) are values, and
 * misuse is a `TypeError`.
 *
 * Nothing in it, its message, its stack or its cause, ever holds a token, a key, a password or a URL.
 * Recognise it by its `code`: a process may hold two copies of this class, one imported and one required.
 *
 * @example
 * try {
 *   await db.getToken('user_123');
 * } catch (error) {
 *   if (error.code === 'OAUTHDB_UNAVAILABLE') respond(503);
 *   else throw error;
 * }
 */
export class OAuthDatabaseError extends Error {
  static {
    this.prototype.name = 'OAuthDatabaseError';
  }

  readonly code: OAuthDatabaseErrorCode;
  /** The method that failed, for example `storeToken`. */
  readonly operation: string | undefined;
  /** `not_executed`: certainly nothing was changed. `unknown`: it may have been, though never after this was thrown. */
  readonly outcome: 'not_executed' | 'unknown';
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;

  constructor(code: OAuthDatabaseErrorCode, message: string, options: OAuthDatabaseErrorOptions) {
    const { outcome, operation, cause } = options;
    super(
      operation === undefined ? message : `${operation}: ${message}`,
      cause === undefined ? undefined : { cause: sanitized(cause) },
    );
    this.code = code;
    this.operation = operation;
    this.outcome = outcome;
    this.retryable = RETRYABLE.has(code);
  }
}

/** Whether `error` is an {@link OAuthDatabaseError}, of whichever copy of this package. */
export function isOAuthDatabaseError(error: unknown): error is OAuthDatabaseError {
  return (
    error instanceof Error && error.name === 'OAuthDatabaseError' && 'code' in error && 'outcome' in error
  );
}

/** One connection that fails is the cause of thousands of errors, all of which are thrown in one turn. */
const copies = new WeakMap<Error, Error>();

function sanitized(cause: unknown): unknown {
  if (isOAuthDatabaseError(cause)) return cause;
  if (!(cause instanceof Error)) return undefined;
  const known = copies.get(cause);
  if (known !== undefined) return known;
  const copy = copyOf(cause);
  copies.set(cause, copy);
  return copy;
}

/**
 * The parts of a foreign error that cannot hold a secret: its class, its code, and the frames of its stack. Client libraries put
 * commands with their arguments, and URLs with their passwords, into messages and properties.
 */
function copyOf(cause: Error): Error {
  const code =
    'code' in cause && typeof cause.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(cause.code)
      ? cause.code
      : undefined;
  const copy: Error & { code?: string } = new Error(code ?? 'the message is left out: it may hold secrets');
  const className = cause.constructor.name;
  Object.defineProperty(copy, 'name', { value: className, enumerable: false });
  if (code !== undefined) copy.code = code;
  const stack = cause.stack ?? '';
  const afterMessage = stack.includes(cause.message)
    ? stack.slice(stack.indexOf(cause.message) + cause.message.length)
    : '';
  const frames = afterMessage.split('\n').filter((line) => /^\s+at /.test(line));
  Object.defineProperty(copy, 'stack', {
    value: [`${className}: ${copy.message}`, ...frames].join('\n'),
    enumerable: false,
  });
  return copy;
}
