import { durableKinds, integer, kindOf, type ExportOptions } from '@oauthdb/core';
import { entriesOf, heldEntries, type AtxpSource, type AtxpSourceOptions } from './atxp-source.ts';
import type { Found } from './held-entries.ts';
import type { RecordName } from './oauth-record.ts';
import { openLazily, type SQLiteDatabase } from './sqlite-platform.ts';
import { firstRow, page, pagesOf, PKCE_COLUMNS, TOKEN_COLUMNS } from './sqlite-records.ts';
import { PKCE_SECONDS } from './stored-oauth-db.ts';

export interface AtxpSqliteSourceOptions extends AtxpSourceOptions {
  /** How long a statement may wait for the lock of another process, in milliseconds. Default 2000. */
  readonly commandTimeout?: number | undefined;
}

export interface AtxpSqliteSource extends AtxpSource, AsyncDisposable {
  /** Closes the file. */
  close(): Promise<void>;
}

const CREDENTIALS_COLUMNS = 'encrypted_client_id, encrypted_client_secret, redirect_uri';
const CREDENTIALS = page('oauth_client_credentials', `resource_url, ${CREDENTIALS_COLUMNS}`);
const TOKENS = page('oauth_access_tokens', `user_id, url, ${TOKEN_COLUMNS}`);

/** When PKCE values end says a table of ours, which a file of ATXP's own lacks. */
const HAS_ENDS = "SELECT 1 FROM sqlite_schema WHERE name = 'oauthdb_pkce_expiry'";
const pkcePage = (ends: string, end: string): string =>
  page(
    `(SELECT p.rowid AS rowid, p.*, ${end} AS ends_at FROM oauth_pkce_values AS p ${ends})`,
    `user_id, state, ends_at, ${PKCE_COLUMNS}`,
  );
const PKCE = pkcePage('', 'NULL');
const PKCE_WITH_ENDS = pkcePage(
  'LEFT JOIN oauthdb_pkce_expiry AS e ON e.user_id = p.user_id AND e.state = p.state',
  'e.expires_at',
);

/**
 * What ATXP's `SqliteOAuthDb` has stored, or the one of this package, as entries that `atxpOAuthDb` finds: the `from` of a `migrate`.
 * The file is opened at the first call, by better-sqlite3, and to be read only.
 *
 * Tokens end when they say, or never. PKCE values end ten minutes after they were saved, or, where the file does not say when that
 * was, after they were seen here first. Of a record that cannot be read `unreadable` is told, or else `OAUTHDB_CORRUPT` thrown, and
 * `OAUTHDB_UNDECRYPTABLE` where `decrypt` fails; a file that is none of ATXP's is `OAUTHDB_CORRUPT`, none at all `OAUTHDB_CONFIG`.
 *
 * @param path The file, such as `oauthClient.db`.
 * @example
 * await using from = atxpSqliteSource('./oauthClient.db');
 * await migrate({ from, to: await open('redis://localhost:6379') });
 */
export function atxpSqliteSource(path: string, options: AtxpSqliteSourceOptions = {}): AtxpSqliteSource {
  if (typeof path !== 'string' || path === '')
    throw new TypeError(`path must be the path of a file, received ${kindOf(path)}`);
  const { commandTimeout = 2000, ...common } = options;
  const timeout = integer('commandTimeout', commandTimeout, 1, 2 ** 31 - 1);
  const entries = heldEntries(common);
  const rows = new AtxpRows(openLazily(path, { readonly: true }), timeout, common.now ?? Date.now);
  return {
    handles: 'hashed',
    async *export({ kinds = durableKinds, unreadable }: ExportOptions = {}) {
      if (!kinds.includes('held')) return;
      for await (const found of rows.all()) yield* await entriesOf(entries, found, unreadable);
    },
    close: () => rows.close(),
    [Symbol.asyncDispose]: () => rows.close(),
  };
}

type CredentialsRow = readonly [number, string, unknown, unknown, unknown];
type PkceRow = readonly [number, string, string, number | null, unknown, unknown, unknown, unknown];
type TokenRow = readonly [number, string, string, unknown, unknown, unknown, unknown];

/** The rows of ATXP's tables. */
class AtxpRows {
  readonly #db: SQLiteDatabase;
  readonly #timeout: number;
  readonly #now: () => number;
  /** When PKCE values end that do not say so: the same in every pass. */
  readonly #pkceEnds = new Map<string, number>();

  constructor(db: SQLiteDatabase, timeout: number, now: () => number) {
    this.#db = db;
    this.#timeout = timeout;
    this.#now = now;
  }

  async *all(): AsyncGenerator<Found> {
    for await (const rows of this.#pages<CredentialsRow>(CREDENTIALS)) {
      for (const [, serverUrl, ...values] of rows)
        yield foundIn({ kind: 'client_credentials', serverUrl }, CREDENTIALS_COLUMNS, values, null);
    }
    const hasEnds = (await firstRow(this.#db, this.#timeout, HAS_ENDS)) !== null;
    for await (const rows of this.#pages<PkceRow>(hasEnds ? PKCE_WITH_ENDS : PKCE)) {
      for (const [, userId, state, endsAt, ...values] of rows) {
        const end = endsAt ?? this.#pkceEnd(userId, state);
        yield foundIn({ kind: 'pkce', userId, state }, PKCE_COLUMNS, values, end);
      }
    }
    for await (const rows of this.#pages<TokenRow>(TOKENS)) {
      for (const [, userId, url, ...values] of rows)
        yield foundIn({ kind: 'access_token', userId, url }, TOKEN_COLUMNS, values, null);
    }
  }

  close(): Promise<void> {
    return this.#db.closeAsync().then(() => {});
  }

  #pkceEnd(userId: string, state: string): number {
    const name = JSON.stringify([userId, state]);
    const end = this.#pkceEnds.get(name) ?? this.#now() + PKCE_SECONDS * 1000;
    this.#pkceEnds.set(name, end);
    return end;
  }

  #pages<Row extends readonly [number, ...unknown[]]>(sql: string): AsyncGenerator<readonly Row[]> {
    return pagesOf<Row>((after) => firstRow(this.#db, this.#timeout, sql, after));
  }
}

function foundIn(
  name: RecordName,
  columns: string,
  values: readonly unknown[],
  endsAt: number | null,
): Found {
  const record = Object.fromEntries(columns.split(', ').map((column, i) => [column, values[i]]));
  return { under: { name, isKept: false }, record: () => record, endsAt, isKeptBeside: false };
}
