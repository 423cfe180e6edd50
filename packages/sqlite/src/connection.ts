import { resolve } from 'node:path';
import { OAuthDatabaseError, type Finding, type OAuthDatabaseErrorCode } from '@oauthdb/core';
import { isBusy } from './busy.ts';
import { findingsOf } from './checks.ts';
import type { SqliteClient } from './client.ts';
import { translated } from './errors.ts';
import { createPrivately, FileWatch, requireAccess } from './file.ts';
import { loadBetterSqlite3 } from './load.ts';
import { prepareSchema } from './schema.ts';
import { Store } from './store.ts';

/** Where SQLite keeps a database that is no file. */
export const MEMORY = ':memory:';

interface Opened {
  readonly db: SqliteClient;
  readonly store: Store;
  /** `null` for a database in memory. */
  readonly watch: FileWatch | null;
}

/**
 * A database that is opened when it is first used, and again after it was lost. Everything here is synchronous; what a lock
 * keeps out is thrown as better-sqlite3 throws it (see `isBusy`).
 */
export class Connection {
  /** Names the database in messages. */
  readonly label: string;
  /** Absolute, so that it stays the same file when the process changes its directory; `null` for a database in memory. */
  readonly #path: string | null;
  /** The client that the application lent, which is never closed here. */
  readonly #lent: SqliteClient | null;
  #opened: Opened | null = null;
  /** Whether the database has held our tables. From then on, a missing or empty one is not a new one. */
  #known = false;
  #closed = false;

  constructor(source: string | SqliteClient) {
    this.#lent = typeof source === 'string' ? null : source;
    const memory = typeof source === 'string' ? source === MEMORY : source.memory;
    this.#path = memory ? null : resolve(typeof source === 'string' ? source : source.name);
    this.label = this.#path ?? 'the database in memory';
  }

  /** Whether entries outlive the process. */
  get permanent(): boolean {
    return this.#path !== null;
  }

  /** The statements, to read with. */
  reader(): Store {
    const { store, watch } = this.#use();
    this.#guard(() => watch?.checkNowAndThen());
    return store;
  }

  /** What is wrong with the database, or with its place. */
  findings(): Finding[] {
    return findingsOf(this.#use().db, this.#path);
  }

  /** Runs `work` between `BEGIN IMMEDIATE` and `COMMIT`. Whatever throws, nothing of it stays. */
  transaction(work: (store: Store) => void): void {
    const { db, store, watch } = this.#use();
    this.#guard(() => watch?.check('not_executed'));
    store.begin();
    try {
      work(store);
      store.commit();
    } finally {
      if (db.inTransaction) this.#rollBack(db);
    }
    // What went into a file that nobody can open again must not be acknowledged.
    this.#guard(() => watch?.check('unknown'));
  }

  /** Closes what was opened here. Whatever is used afterwards is `OAUTHDB_CLOSED`. */
  close(): void {
    this.#closed = true;
    this.#discard();
  }

  #use(): Opened {
    if (this.#closed) throw failure('OAUTHDB_CLOSED', 'the database is closed');
    if (this.#lent !== null) this.#requireFree(this.#lent);
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #requireFree(client: SqliteClient): void {
    if (!client.open) throw failure('OAUTHDB_CLOSED', 'the client was closed by the application');
    // To read inside a transaction of the application could show what is never committed.
    if (client.inTransaction) throw Object.assign(new Error('in a transaction'), { code: 'SQLITE_BUSY' });
  }

  #open(): Opened {
    try {
      const opened = this.#lent === null ? this.#openOwn() : this.#openLent(this.#lent);
      this.#known = true;
      return opened;
    } catch (error) {
      throw isBusy(error) ? error : translated(error, this.label, 'open');
    }
  }

  #openOwn(): Opened {
    const Client = loadBetterSqlite3();
    if (this.#path !== null && !this.#known) {
      createPrivately(this.#path);
      requireAccess(this.#path);
    }
    // Taken before the file is opened: if it is replaced in between, the first check finds another one.
    const watch = this.#watch();
    const db = new Client(this.#path ?? MEMORY, { timeout: 0, fileMustExist: this.#path !== null });
    try {
      return this.#prepared(db, watch);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #openLent(client: SqliteClient): Opened {
    // It still writes to the file that is gone, and only the application can open another.
    if (this.#known)
      throw failure('OAUTHDB_UNAVAILABLE', `${this.label} was lost: lend a client opened anew`);
    return this.#prepared(client, this.#watch());
  }

  #watch(): FileWatch | null {
    return this.#path === null ? null : new FileWatch(this.#path);
  }

  #prepared(db: SqliteClient, watch: FileWatch | null): Opened {
    prepareSchema(db, this.label, !this.#known);
    return { db, store: new Store(db), watch };
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#discard();
      throw error;
    }
  }

  #rollBack(db: SqliteClient): void {
    try {
      db.exec('ROLLBACK');
    } catch {
      // What led here is being thrown already. A transaction that does not end would hold the lock; closing ends it.
      this.#discard();
    }
  }

  #discard(): void {
    const db = this.#opened?.db;
    this.#opened = null;
    if (this.#lent === null) db?.close();
  }
}

function failure(code: OAuthDatabaseErrorCode, message: string): OAuthDatabaseError {
  return new OAuthDatabaseError(code, message, { outcome: 'not_executed' });
}
