import type { Supports } from './driver.ts';

/**
 * Storage for OAuth: the tokens an application holds.
 *
 * Every method throws a `TypeError` for an argument that it cannot store, before anything is sent, and an
 * {@link OAuthDatabaseError} when the database fails, within `commandTimeout`. A failure never looks like "not found".
 */
export interface OAuthDatabase extends AsyncDisposable {
  /** What this backend can promise. */
  readonly supports: Supports;

  /**
   * Stores an OAuth token, in place of the one that was there and of its expiry.
   *
   * One step, one round trip. With an `expiresAt` that has passed nothing is stored, and what was there is deleted.
   *
   * @param key - any well-formed string of at most 8 KiB that is not empty.
   * @param token - any well-formed string.
   * @param expiresAt - when the token ends, to the millisecond; left out, it stays until it is deleted.
   * @throws OAuthDatabaseError
   * @example
   * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
   */
  storeToken(key: string, token: string, expiresAt?: Date): Promise<void>;

  /** Retrieves an OAuth token; `null` when there is none, or no longer. One round trip. */
  getToken(key: string): Promise<string | null>;

  /** Checks whether a token exists, without fetching it. One round trip. */
  hasToken(key: string): Promise<boolean>;

  /**
   * Deletes an OAuth token: `true` if it was there. One step, one round trip.
   *
   * Of several callers one gets `true`. When a reply was lost on the way and the call was repeated, `true` says that the token
   * is gone; another caller may then have deleted it.
   */
  deleteToken(key: string): Promise<boolean>;

  /**
   * Lists the keys of all tokens, without the prefix, so that `getToken(key)` works on each; in no particular order, each once.
   *
   * Not a snapshot: a token that is stored or deleted meanwhile may or may not be listed. For many, {@link scanTokens}.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` where `supports.scan` is false.
   */
  listTokens(): Promise<string[]>;

  /** Closes the connection and releases what this object opened, within a second. Twice is fine; any other call is `OAUTHDB_CLOSED` then. */
  close(): Promise<void>;

  /** When a token ends: `{ expiresAt: null }` if never, `null` when there is no token. One round trip. */
  getTokenExpiry(key: string): Promise<TokenExpiry | null>;

  /** Retrieves many tokens, in the order of `keys`; `null` where there is none. One round trip for up to 500. */
  getTokens(keys: readonly string[]): Promise<(string | null)[]>;

  /**
   * Stores many tokens, each as {@link storeToken} does. Where a key comes twice, the last one stays.
   *
   * In steps of up to 500, each all-or-nothing where `supports.transactions` is true. Nothing is stored if any argument is wrong.
   */
  storeTokens(tokens: readonly HeldToken[]): Promise<void>;

  /** Deletes many tokens and says how many of them were there. In steps of up to 500, as {@link storeTokens}. */
  deleteTokens(keys: readonly string[]): Promise<number>;

  /** The keys of all tokens, as {@link listTokens}, without ever holding all of them: a key may come twice. */
  scanTokens(): AsyncIterable<string>;
}

export interface HeldToken {
  readonly key: string;
  readonly token: string;
  /** When the token ends; left out, it stays until it is deleted. */
  readonly expiresAt?: Date | undefined;
}

export interface TokenExpiry {
  /** To the millisecond; `null`: never. */
  readonly expiresAt: Date | null;
}
