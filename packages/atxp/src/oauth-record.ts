import type { AccessToken, ClientCredentials, PKCEValues } from './types.ts';

/** What a record is stored under. */
export type RecordName =
  | { readonly kind: 'client_credentials'; readonly serverUrl: string }
  | { readonly kind: 'pkce'; readonly userId: string; readonly state: string }
  | { readonly kind: 'access_token'; readonly userId: string; readonly url: string };

/** One record of an `OAuthDb`: what is stored, and under which name. */
export type OAuthRecord =
  | (Extract<RecordName, { kind: 'client_credentials' }> & { readonly value: ClientCredentials })
  | (Extract<RecordName, { kind: 'pkce' }> & { readonly value: PKCEValues })
  | (Extract<RecordName, { kind: 'access_token' }> & { readonly value: AccessToken });

/** What ATXP's interface lacks: all that is stored, one record after the other, as for a migration. */
export interface OAuthRecords {
  /**
   * Everything that can be of use, in no order: registrations, PKCE values that have not expired, and tokens that have not, or that can
   * still be refreshed. Not a snapshot: what is saved meanwhile may be missing, or come twice.
   *
   * Throws `OAUTHDB_CORRUPT` and `OAUTHDB_UNDECRYPTABLE` where it comes to a record that cannot be read, and `OAUTHDB_UNSUPPORTED` where
   * the store cannot be searched: a Redis client that was passed in and has no `scan`.
   */
  records(): AsyncIterable<OAuthRecord>;

  /**
   * Saves a record as it is, in place of an earlier one: unlike `saveAccessToken`, it keeps no refresh token of that one. PKCE values
   * have their ten minutes from now.
   */
  saveRecord(record: OAuthRecord): Promise<void>;
}
