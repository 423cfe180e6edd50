import { kindOf, refuseUnknownOptions, type OAuthDatabase } from '@oauthdb/core';
import { encodedKeys } from './keys.ts';
import type { OAuthRecords } from './oauth-record.ts';
import { commonOptionNames, flag, resolveCommon, seconds, type CommonOptions } from './options.ts';
import { Codec } from './records.ts';
import { StoredOAuthDb } from './stored-oauth-db.ts';
import { TextRecords } from './text-records.ts';
import { textStoreOf } from './text-store-of.ts';
import type { OAuthDb } from './types.ts';

/** The life of an access token that does not say when it expires, in seconds: a day. */
export const DEFAULT_ACCESS_TOKEN_TTL_SECONDS: number = 24 * 60 * 60;

export interface AtxpOAuthDbOptions extends CommonOptions {
  /** The clock, in epoch milliseconds: that of the database. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** The life of an access token that does not say when it expires, in seconds. Default: a day. */
  readonly defaultTtl?: number | undefined;
  /** Whether `close()` closes the database, too. Default: false, it belongs to whoever opened it. */
  readonly closeDatabase?: boolean | undefined;
}

/**
 * The `OAuthDb` of the ATXP SDK over the tokens that `db` holds: for the option `oAuthDb` of `atxpClient` and `atxpExpress`.
 *
 * Every call throws what `db` throws: an `OAuthDatabaseError` when the database fails, and then never "not found". To encrypt, give
 * `db` its `secrets`. One round trip for a read, one for a write; two to save a token that comes without a refresh token.
 *
 * @example
 * const client = await atxpClient({ mcpServer, account, oAuthDb: atxpOAuthDb(db) });
 */
export function atxpOAuthDb(db: OAuthDatabase, options: AtxpOAuthDbOptions = {}): OAuthDb & OAuthRecords {
  if (typeof db?.getTokens !== 'function' || typeof db.storeTokens !== 'function') {
    throw new TypeError(`db must be an OAuthDatabase, received ${kindOf(db)}`);
  }
  const { closeDatabase, defaultTtl = DEFAULT_ACCESS_TOKEN_TTL_SECONDS, ...common } = options;
  refuseUnknownOptions(common, ['closeDatabase', 'defaultTtl', ...commonOptionNames]);
  const resolved = resolveCommon(common);
  const { now, refreshTtl } = resolved;
  const isOurs = flag('closeDatabase', closeDatabase);
  const store = textStoreOf(db, now, async () => {
    if (isOurs) await db.close();
  });
  const lives = { ttl: undefined, defaultTtl: seconds('defaultTtl', defaultTtl), refreshTtl, now };
  return new StoredOAuthDb(new TextRecords(store, encodedKeys, lives), new Codec({}), resolved);
}
