import { isOAuthDatabaseError, monotonicNow, OAuthDatabaseError } from '@oauthdb/core';
import { isBusy, whenFree } from './busy.ts';
import type { SqliteClient } from './client.ts';
import { translated } from './errors.ts';
import { loadBetterSqlite3 } from './load.ts';

const LABEL = 'the SQLite file';

/** Reads a SQLite file of another program, which goes on using it. Nothing of it is changed, and none is created. */
export class SqliteForeignFile implements AsyncDisposable {
  readonly #path: string;
  readonly #timeoutMs: number;
  #db: SqliteClient | undefined;
  #isClosed = false;

  /** @param timeoutMs - how long a statement may wait for the lock of another process. */
  constructor(path: string, timeoutMs: number) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The rows that a statement gives, all of them. Opens the file at the first call.
   *
   * @throws OAuthDatabaseError `OAUTHDB_CONFIG` where there is no such file, `OAUTHDB_CORRUPT` for one that is not SQLite's or has no such
   * tables, `OAUTHDB_TIMEOUT` while another process holds the lock.
   */
  rows(sql: string, ...values: readonly unknown[]): Promise<unknown[]> {
    const deadline = monotonicNow() + this.#timeoutMs;
    return whenFree(LABEL, { now: Date.now(), deadline }, () =>
      this.#open()
        .prepare(sql)
        .raw()
        .all(...values),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#db?.close();
    this.#db = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): SqliteClient {
    if (this.#isClosed)
      throw new OAuthDatabaseError('OAUTHDB_CLOSED', 'the file is closed', { outcome: 'not_executed' });
    if (this.#db !== undefined) return this.#db;
    try {
      const Client = loadBetterSqlite3();
      return (this.#db = new Client(this.#path, { timeout: 0, fileMustExist: true, readonly: true }));
    } catch (error) {
      throw isBusy(error) || isOAuthDatabaseError(error) ? error : notOpened(error);
    }
  }
}

/** better-sqlite3 looks for the directory itself, and says so in a `TypeError`. */
function notOpened(error: unknown): OAuthDatabaseError {
  if (!(error instanceof TypeError)) return translated(error, LABEL, 'open');
  const options = { outcome: 'not_executed', cause: error } as const;
  return new OAuthDatabaseError('OAUTHDB_CONFIG', `the directory of ${LABEL} does not exist`, options);
}
