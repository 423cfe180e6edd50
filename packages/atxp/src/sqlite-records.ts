import type { RecordName } from './oauth-record.ts';
import type { RecordStore, StoredToken } from './record-store.ts';
import {
  asCredentialsRecord,
  asPkceRecord,
  asTokenRecord,
  type CredentialsRecord,
  type PkceRecord,
  type TokenRecord,
} from './records.ts';
import { guarded, type SQLiteDatabase } from './sqlite-platform.ts';
import { PKCE_SECONDS } from './stored-oauth-db.ts';

/** ATXP's tables as its own class creates them, and one of ours that it does not see: when PKCE values end. */
const TABLES = `
      CREATE TABLE IF NOT EXISTS oauth_client_credentials (
        resource_url TEXT PRIMARY KEY,
        encrypted_client_id TEXT NOT NULL,
        encrypted_client_secret TEXT NOT NULL,
        redirect_uri TEXT NOT NULL
      );

      CREATE TABLE IF NOT EXISTS oauth_pkce_values (
        user_id TEXT NOT NULL,
        state TEXT NOT NULL,
        encrypted_code_verifier TEXT NOT NULL,
        encrypted_code_challenge TEXT NOT NULL,
        resource_url TEXT NOT NULL,
        url TEXT NOT NULL,
        PRIMARY KEY (user_id, state)
      );

      CREATE TABLE IF NOT EXISTS oauth_access_tokens (
        user_id TEXT NOT NULL,
        url TEXT NOT NULL,
        resource_url TEXT NOT NULL,
        encrypted_access_token TEXT NOT NULL,
        encrypted_refresh_token TEXT,
        expires_at TEXT,
        PRIMARY KEY (user_id, url)
      );

      CREATE TABLE IF NOT EXISTS oauthdb_pkce_expiry (
        user_id TEXT NOT NULL,
        state TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (user_id, state)
      );
    `;

export const PKCE_COLUMNS = 'encrypted_code_verifier, encrypted_code_challenge, resource_url, url';
export const TOKEN_COLUMNS = 'resource_url, encrypted_access_token, encrypted_refresh_token, expires_at';

const GET_CREDENTIALS = `SELECT encrypted_client_id, encrypted_client_secret, redirect_uri
  FROM oauth_client_credentials WHERE resource_url = ?`;
const SAVE_CREDENTIALS = `INSERT OR REPLACE INTO oauth_client_credentials
  (resource_url, encrypted_client_id, encrypted_client_secret, redirect_uri) VALUES (?, ?, ?, ?)`;

/** What ATXP's own class has stored has no end that is known. */
const IS_LIVE = `NOT EXISTS (SELECT 1 FROM oauthdb_pkce_expiry AS e
  WHERE e.user_id = oauth_pkce_values.user_id AND e.state = oauth_pkce_values.state AND e.expires_at <= ?)`;
const GET_PKCE = `SELECT ${PKCE_COLUMNS} FROM oauth_pkce_values WHERE user_id = ? AND state = ? AND ${IS_LIVE}`;
const TAKE_PKCE = `DELETE FROM oauth_pkce_values WHERE user_id = ? AND state = ? AND ${IS_LIVE}
  RETURNING ${PKCE_COLUMNS}`;
const SAVE_PKCE = `INSERT OR REPLACE INTO oauth_pkce_values (user_id, state, ${PKCE_COLUMNS})
  VALUES (?, ?, ?, ?, ?, ?)`;
const SAVE_PKCE_EXPIRY = `INSERT OR REPLACE INTO oauthdb_pkce_expiry (user_id, state, expires_at) VALUES (?, ?, ?)`;
const CLEAR_PKCE = `DELETE FROM oauth_pkce_values WHERE (user_id, state) IN
  (SELECT user_id, state FROM oauthdb_pkce_expiry WHERE expires_at <= ?)`;
const CLEAR_PKCE_EXPIRY = `DELETE FROM oauthdb_pkce_expiry WHERE expires_at <= ?`;

const GET_TOKEN = `SELECT ${TOKEN_COLUMNS} FROM oauth_access_tokens WHERE user_id = ? AND url = ?`;
const SAVE_TOKEN = `INSERT OR REPLACE INTO oauth_access_tokens (user_id, url, ${TOKEN_COLUMNS})
  VALUES (?, ?, ?, ?, ?, ?)`;
const DELETE_TOKEN = `DELETE FROM oauth_access_tokens
  WHERE user_id = ? AND url = ? AND encrypted_access_token = ? AND expires_at IS ?`;

/** A page of rows as one JSON text, because a statement of expo-sqlite is asked for its first row only. */
export const page = (
  table: string,
  columns: string,
): string => `SELECT json_group_array(json_array(place, ${columns})) AS page
  FROM (SELECT rowid AS place, ${columns} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT 500)`;
const CREDENTIALS_PAGE = page('oauth_client_credentials', 'resource_url');
const PKCE_PAGE = page('oauth_pkce_values', 'user_id, state');
const TOKENS_PAGE = page('oauth_access_tokens', 'user_id, url');

export interface SqliteRecordsOptions {
  readonly commandTimeout: number;
  readonly now: () => number;
  /** Whether the database is closed at the end. */
  readonly isOurs: boolean;
}

/** Records as the rows of ATXP's tables. */
export class SqliteRecords implements RecordStore {
  readonly #db: SQLiteDatabase;
  readonly #options: SqliteRecordsOptions;
  #initialized: Promise<void> | undefined;

  constructor(db: SQLiteDatabase, options: SqliteRecordsOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** Creates the tables that are missing. */
  initialize(): Promise<void> {
    const { commandTimeout } = this.#options;
    this.#initialized ??= guarded(commandTimeout, async () => void (await this.#db.execAsync(TABLES))).catch(
      (error: unknown) => {
        this.#initialized = undefined;
        throw error;
      },
    );
    return this.#initialized;
  }

  async credentials(serverUrl: string): Promise<CredentialsRecord | null> {
    const row = await this.#run(GET_CREDENTIALS, serverUrl);
    return row === null ? null : asCredentialsRecord(row);
  }

  async saveCredentials(serverUrl: string, record: CredentialsRecord): Promise<void> {
    const { encrypted_client_id: id, encrypted_client_secret: secret, redirect_uri: redirect } = record;
    await this.#run(SAVE_CREDENTIALS, serverUrl, id, secret, redirect);
  }

  async pkce(userId: string, state: string): Promise<PkceRecord | null> {
    const row = await this.#run(GET_PKCE, userId, state, this.#options.now());
    return row === null ? null : asPkceRecord(row);
  }

  async takePkce(userId: string, state: string): Promise<PkceRecord | null> {
    const row = await this.#run(TAKE_PKCE, userId, state, this.#options.now());
    return row === null ? null : asPkceRecord(row);
  }

  async savePkce(userId: string, state: string, record: PkceRecord): Promise<void> {
    const now = this.#options.now();
    await this.#run(CLEAR_PKCE, now);
    await this.#run(CLEAR_PKCE_EXPIRY, now);
    // First: without it, values whose saving was interrupted would live for ever.
    await this.#run(SAVE_PKCE_EXPIRY, userId, state, now + PKCE_SECONDS * 1000);
    const { encrypted_code_verifier: verifier, encrypted_code_challenge: challenge } = record;
    await this.#run(SAVE_PKCE, userId, state, verifier, challenge, record.resource_url, record.url);
  }

  async token(userId: string, url: string): Promise<StoredToken> {
    const row = await this.#run(GET_TOKEN, userId, url);
    const record = row === null ? null : asTokenRecord(row);
    return { current: record, kept: record };
  }

  async refreshable(userId: string, urls: readonly string[]): Promise<(TokenRecord | null)[]> {
    const found: (TokenRecord | null)[] = [];
    for (const url of urls) {
      const row = await this.#run(GET_TOKEN, userId, url);
      found.push(row === null ? null : readable(row));
    }
    return found;
  }

  async saveToken(userId: string, url: string, record: TokenRecord): Promise<void> {
    const { resource_url: resource, encrypted_access_token: access, expires_at: expiresAt } = record;
    await this.#run(SAVE_TOKEN, userId, url, resource, access, record.encrypted_refresh_token, expiresAt);
  }

  async deleteToken(userId: string, url: string, record: TokenRecord): Promise<void> {
    // Not another one, which another process may have stored since.
    await this.#run(DELETE_TOKEN, userId, url, record.encrypted_access_token, record.expires_at);
  }

  async *names(): AsyncGenerator<readonly RecordName[]> {
    for await (const rows of this.#pages(CREDENTIALS_PAGE)) {
      yield rows.map(([, serverUrl]) => ({ kind: 'client_credentials', serverUrl }));
    }
    for await (const rows of this.#pages(PKCE_PAGE)) {
      yield rows.map(([, userId, state]) => ({ kind: 'pkce', userId, state }));
    }
    for await (const rows of this.#pages(TOKENS_PAGE)) {
      yield rows.map(([, userId, url]) => ({ kind: 'access_token', userId, url }));
    }
  }

  async close(): Promise<void> {
    if (this.#options.isOurs) await this.#db.closeAsync();
  }

  #pages(sql: string): AsyncGenerator<readonly (readonly [number, string, string])[]> {
    return pagesOf((after) => this.#run(sql, after));
  }

  async #run(sql: string, ...params: readonly unknown[]): Promise<unknown> {
    await this.initialize();
    return firstRow(this.#db, this.#options.commandTimeout, sql, ...params);
  }
}

/** The rows of a {@link page} and of those behind it; `run` is given the place behind which it begins. */
export async function* pagesOf<Row extends readonly [place: number, ...columns: unknown[]]>(
  run: (after: number) => Promise<unknown>,
): AsyncGenerator<readonly Row[]> {
  for (let after = -Number.MAX_SAFE_INTEGER; ;) {
    const { page: text } = (await run(after)) as { readonly page: string };
    const rows = JSON.parse(text) as Row[];
    yield rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    [after] = last;
  }
}

/** What a statement gives first; `null` where it gives nothing. */
export function firstRow(
  db: SQLiteDatabase,
  commandTimeout: number,
  sql: string,
  ...params: readonly unknown[]
): Promise<unknown> {
  return guarded(commandTimeout, async () => {
    const statement = await db.prepareAsync(sql);
    try {
      const result = await statement.executeAsync(...params);
      return await result.getFirstAsync();
    } finally {
      await statement.finalizeAsync();
    }
  });
}

function readable(row: unknown): TokenRecord | null {
  try {
    return asTokenRecord(row);
  } catch {
    return null;
  }
}
