import type { Supports } from './driver.ts';
import type { AccessTokens } from './grants/access-tokens.ts';
import type { Clients } from './grants/clients.ts';
import type { Codes } from './grants/codes.ts';
import type { Issuance, Issued } from './grants/issue.ts';
import type { GrantOwner } from './grants/owner.ts';
import type { RefreshTokens } from './grants/refresh-tokens.ts';
import type { Revoked } from './grants/revoke.ts';
import type { Sessions } from './grants/sessions.ts';
import type { States } from './grants/states.ts';
import type { Guarantees } from './guarantees.ts';
import type { Exported, Removed } from './operations/exported.ts';
import type { ExportOptions } from './operations/export.ts';
import type { Finding } from './operations/finding.ts';
import type { HandleForm } from './operations/handle-form.ts';
import type { Health } from './operations/health.ts';
import type { Imported, ImportOptions } from './operations/import.ts';
import type { Purged, PurgeOptions } from './operations/purge.ts';
import type { Stats, StatsOptions } from './operations/stats.ts';
import type { Reencrypted, ReencryptOptions } from './secrets/reencrypt.ts';

/** What of a class others may implement. */
type Public<T> = Pick<T, keyof T>;

/**
 * Storage for OAuth: the tokens an application holds, and the grants an authorization server issues.
 *
 * Every method throws a `TypeError` for an argument that it cannot store, before anything is sent, and an
 * {@link OAuthDatabaseError} when the database fails, within `commandTimeout`. A failure never looks like "not found".
 */
export interface OAuthDatabase extends AsyncDisposable {
  /** What this backend can promise. */
  readonly supports: Supports;

  /** What it promises of what it has acknowledged: what survives a crash, a power cut, a failover. */
  readonly guarantees: Guarantees;

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
   * Replaces a token if it is still the expected one: `true` if it did. One step; of any number of callers that expect the same
   * token, one replaces it. Two round trips, one where none is expected.
   *
   * With `expected: null` it stores a token where there is none, with `token: null` it deletes the expected one. An `expiresAt` that
   * has passed deletes it, too.
   *
   * When a reply was lost on the way the call is repeated, and `true` says that what was asked for is the case. Two callers that ask
   * for the same text may then both be told so: for a lock, each needs a text of its own. Where it cannot be known, as somebody else
   * has replaced the token since, the call throws `OAUTHDB_UNAVAILABLE` with the outcome `unknown`.
   *
   * @param expected - the token as it was read; `null`: there must be none.
   * @param token - what takes its place; `null`: nothing.
   * @param expiresAt - when that ends, to the millisecond; left out, it stays until it is deleted.
   * @example
   * const before = await db.getToken('user_123');
   * if (!(await db.replaceToken('user_123', before, await refreshed(before)))) console.log('somebody else was faster');
   */
  replaceToken(
    key: string,
    expected: string | null,
    token: string | null,
    expiresAt?: Date,
  ): Promise<boolean>;

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

  /** Client registrations. @see RFC 7591, RFC 7592 */
  readonly clients: Public<Clients>;
  /** Authorization requests, each under its `state` until the user comes back: single use. */
  readonly states: Public<States>;
  /** Authorization codes: single use, bound to a client, and known as used until they would have expired. */
  readonly codes: Public<Codes>;
  /** Access tokens that were issued, by their `jti`. */
  readonly accessTokens: Public<AccessTokens>;
  /** Refresh tokens that were issued: rotated, with detection of reuse. */
  readonly refreshTokens: Public<RefreshTokens>;
  /** Sessions of users. */
  readonly sessions: Public<Sessions>;

  /**
   * Issues tokens: redeems the code, if there is one, stores the access and the refresh token and lists them by user, client and
   * grant, in one step where `supports.transactions` is true. Elsewhere tokens are listed before they can be read, and stored
   * before the code is redeemed; if somebody else redeems it first they are removed again, and nobody has been given them.
   *
   * One round trip on one node; one more, before it, where the grant is to be read from the code (no `grant_id`), and one or two
   * to find out why a code was refused. The client's registration lives at least as long as what is issued to it, unless
   * `lapsingClients` is set: two more where it must be prolonged, which is seldom.
   *
   * @see RFC 6749 section 4.1.3 and 4.1.4
   * @example
   * const grant = await db.codes.peek(code); // verify the client and the PKCE challenge
   * const issued = await db.issue({
   *   code,
   *   client_id: client.client_id,
   *   redirect_uri,
   *   grant_id: grant.grant_id,
   *   username: grant.username,
   *   scope: grant.scope,
   *   accessToken: { jti },
   *   refreshToken: { token: refreshToken },
   * });
   */
  issue(issuance: Issuance): Promise<Issued>;

  /**
   * Revokes everything that was issued to a user (sessions included), to a client, or under a grant, and says how much.
   *
   * When it returns nothing of it is left, and no rotation and no issue that began before it can bring anything back; what
   * begins afterwards is a new grant. In steps of up to 500, so that no backend is busy with one for long.
   *
   * It is remembered as long as anything that it took would have lived, and for a day at the least: until then no import brings back
   * what had been issued.
   *
   * @see RFC 7009 section 2.1
   */
  revoke(owner: GrantOwner): Promise<Revoked>;

  /**
   * Seals what is stored under the first of `secrets.keys`: what was sealed under another one, and what was stored before there
   * were keys. Without keys it does nothing.
   *
   * Each value keeps what it says, its expiry and its lists, and is rewritten in a step of its own, unless somebody else changes
   * it first. It can run beside anything; one that failed half-way is finished by calling it again, and once nothing is left that
   * is not sealed under the first key, a call says `rewritten: 0, unreadable: 0`. In pages of 100, so that little is held in memory.
   * Older forms stay wherever the backend keeps them: in backups, logs and free pages. A dry run counts, and leaves all as it is.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` where `supports.scan` is false.
   */
  reencrypt(options?: ReencryptOptions): Promise<Reencrypted>;

  /** What stands in keys in place of secrets, for whoever moves data: see {@link import}. */
  readonly handles: HandleForm;

  /**
   * Writes an entry, reads it and deletes it, and says how long that took, and what the backend says of itself. Four round trips.
   *
   * A database that answers and takes no writes, such as a replica or a full disk, is `degraded`; `reason` says why.
   *
   * @throws OAuthDatabaseError when it does not answer, or does not answer what was asked.
   */
  health(): Promise<Health>;

  /**
   * Looks for what endangers tokens in the configuration of the database and in its state; nothing where all is well.
   *
   * What the backend may not be asked, for lack of rights, is left out. With a SQLite file it reads through all of it, and
   * nothing else in this process runs meanwhile.
   */
  check(): Promise<Finding[]>;

  /**
   * Counts what is stored, kind by kind: how many, without an end, ending soon, and their bytes; and what the lists hold.
   *
   * Reads everything once, in pages, so that little is held in memory and no backend is busy with it for long. What is stored or
   * deleted meanwhile may be counted or not; an entry may be counted twice.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` where `supports.scan` is false.
   */
  stats(options?: StatsOptions): Promise<Stats>;

  /**
   * Everything that is alive, entry by entry, decrypted, each with the moment at which it ends: what {@link import} takes. It holds
   * secrets.
   *
   * In pages, of which the next is read while one is worked on. Not a snapshot: what is stored or deleted meanwhile may be there or
   * not, and an entry may come twice. The end of a record is what it says itself; of one that says none, and of tokens that are
   * held, what the backend says: by Redis's clock, to within the time of the call.
   *
   * States and codes are left out unless `kinds` names them: they are single use, and whether they were used since, nobody knows
   * who takes them in later.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` where `supports.scan` is false; `OAUTHDB_UNDECRYPTABLE`, `OAUTHDB_INTEGRITY`
   * or `OAUTHDB_CORRUPT` for an entry that cannot be read, unless `unreadable` is there to be told.
   * @example
   * for await (const one of db.export({ kinds: ['client'] })) if (one.kind === 'client') console.log(one.id);
   */
  export(options?: ExportOptions): AsyncIterable<Exported>;

  /**
   * Takes in what {@link export} gave, of any backend, and says what became of it: sealed with the keys that are configured here,
   * ending when it ended there, and on the lists that each record says.
   *
   * Each entry is written in one step, if what is there is still what was looked at; `merge` lets the newer one stay: by the times
   * that records say, and else the one that ends later. What was rotated here is never made valid again, nor what is remembered
   * here as used; what has ended is not stored; what ends at the source ends here. To run it again does no harm, and finishes what
   * an earlier run began.
   *
   * Nor is anything made valid again, in any mode, that was revoked here since the export, or deleted by its own id (a session, a
   * registration): it is `refused`. Under a revocation falls what was issued until then, and what does not say when it was. What is
   * revoked while the import runs is gone when that ends: it looks once before it writes and once afterwards. Of tokens that are held
   * nothing is remembered: one that was deleted here comes back.
   *
   * Where what comes is what is there already, it is `kept` in every mode: a dry run with `replace` compares two databases. An entry
   * that is named as {@link Removed} is removed.
   *
   * Plain handles are hashed where handles are hashed here.
   *
   * @throws TypeError for what no export gives; what came before it has been taken in.
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` for handles that were hashed otherwise than here: with another pepper, or where
   * here they are plain.
   * @example
   * await to.import(from.export({ kinds: exportedKinds }));
   */
  import(
    records: AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>,
    options?: ImportOptions,
  ): Promise<Imported>;

  /**
   * Clears away what is of no use, and says how much: entries that have ended and are still there, members of lists that name what
   * is not there any more, and, where asked, registrations that nobody uses.
   *
   * Beside other work: each is removed in one step, if it is still what was looked at. Where `supports.transactions` is false lists
   * are left alone; they trim themselves as their members end.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` where `supports.scan` is false.
   */
  purge(options?: PurgeOptions): Promise<Purged>;
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
