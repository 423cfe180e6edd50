import type { RecordName } from './oauth-record.ts';
import type { CredentialsRecord, PkceRecord, TokenRecord } from './records.ts';

/** Where records are kept: what differs between the backends of this package. Calls about one record come in order. */
export interface RecordStore {
  credentials(serverUrl: string): Promise<CredentialsRecord | null>;
  saveCredentials(serverUrl: string, record: CredentialsRecord): Promise<void>;

  pkce(userId: string, state: string): Promise<PkceRecord | null>;
  /** Reads and deletes: of any number of callers one gets it. */
  takePkce(userId: string, state: string): Promise<PkceRecord | null>;
  savePkce(userId: string, state: string, record: PkceRecord): Promise<void>;

  /** The token that is stored, and what is kept of it for its refresh token once it has expired; both may be the same. */
  token(userId: string, url: string): Promise<StoredToken>;
  /** For each of `urls` the token that is kept for its refresh token. */
  refreshable(userId: string, urls: readonly string[]): Promise<(TokenRecord | null)[]>;
  /** Stores a token and, if it has a refresh token, what is to be kept; with `forget`, nothing is kept of an earlier one. */
  saveToken(userId: string, url: string, record: TokenRecord, forget: boolean): Promise<void>;
  /** Deletes a token that has expired; `record` is what was read. */
  deleteToken(userId: string, url: string, record: TokenRecord): Promise<void>;

  /** The names of all records, a page at a time; some may come twice, and some may be gone by now. */
  names(): AsyncIterable<readonly RecordName[]>;

  close(): Promise<void>;
}

export interface StoredToken {
  readonly current: TokenRecord | null;
  readonly kept: TokenRecord | null;
}
