import {
  MEMORY_GUARANTEES,
  type BackendInfo,
  type Change,
  type Committed,
  type Driver,
  type Entry,
  type Finding,
  type Guarantees,
  type Moment,
  type Page,
  type PageRequest,
  type Supports,
  type Take,
  type Taken,
  type Where,
} from '@oauthdb/core';
import { whenFree } from './busy.ts';
import type { SqliteClient } from './client.ts';
import { Connection } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import { FILE_GUARANTEES } from './guarantees.ts';
import type { Store } from './store.ts';

/** Where the database is. */
export interface SqliteDriverOptions {
  /** The file, or `:memory:`. It is created when it is first used, for this user alone; its directory must exist. */
  readonly path?: string | undefined;
  /**
   * A better-sqlite3 `Database` that is open already, on a file that holds nothing else. It is set to `journal_mode = WAL`,
   * `synchronous = FULL` and `busy_timeout = 0`, and never closed.
   */
  readonly client?: SqliteClient | undefined;
}

/**
 * A `Driver` on a SQLite file, by better-sqlite3. Several processes may open the same file.
 *
 * Writes of one turn of the event loop share a transaction (`BEGIN IMMEDIATE`), and each is answered when it is on disk. A lock
 * that another process holds is waited for in timers, until the deadline, and never inside SQLite.
 *
 * The file is opened at the first call. One that cannot be opened fails that call, and the next one tries again.
 */
export class SqliteDriver implements Driver {
  readonly name = 'sqlite';
  readonly supports: Supports;
  readonly guarantees: Guarantees;
  readonly #connection: Connection;
  readonly #writes: GroupCommit;

  /** Takes `client` or else `path`; opens nothing yet. */
  constructor({ path = 'oauthdb.sqlite', client }: SqliteDriverOptions = {}) {
    this.#connection = new Connection(client ?? path);
    this.#writes = new GroupCommit(this.#connection);
    const { permanent } = this.#connection;
    this.supports = { transactions: true, permanence: permanent, clock: true, scan: true };
    this.guarantees = permanent ? FILE_GUARANTEES : MEMORY_GUARANTEES;
  }

  read(keys: readonly string[], at: Moment): Promise<(Entry | null)[]> {
    return this.#read(at, this.#writes.writes(keys), (store) =>
      keys.map((key) => {
        const value = store.value(key, at.now);
        return value === undefined ? null : { value, version: value };
      }),
    );
  }

  timeLeft(keys: readonly string[], at: Moment): Promise<(number | null)[]> {
    return this.#read(at, this.#writes.writes(keys), (store) =>
      keys.map((key) => store.timeLeft(key, at.now)),
    );
  }

  take(take: Take, at: Moment): Promise<Taken> {
    return this.#writes.add(at, [take.key], (store) => store.take(take, at.now));
  }

  commit(change: Change, at: Moment): Promise<Committed> {
    return this.#writes.add(at, keysOf(change), (store) => store.apply(change, at.now));
  }

  list(where: Where, page: PageRequest, at: Moment): Promise<Page> {
    return this.#read(at, !this.#writes.idle, (store) => store.page(where, page, at.now));
  }

  lists(prefix: string, page: PageRequest, at: Moment): Promise<Page> {
    return this.#read(at, !this.#writes.idle, (store) => store.tags(prefix, page));
  }

  async describe(at: Moment): Promise<BackendInfo> {
    return this.#read(at, false, (store) => store.describe());
  }

  check(_prefixes: readonly string[], at: Moment): Promise<Finding[]> {
    return whenFree(this.#connection.label, at, () => this.#connection.findings());
  }

  async close(): Promise<void> {
    this.#writes.close();
    this.#connection.close();
  }

  /** Reads at once, whoever writes; behind the writes of this process that came before, where it may have to see them. */
  #read<T>(at: Moment, behindWrites: boolean, query: (store: Store) => T): Promise<T> {
    if (behindWrites) return this.#writes.add(at, [], query);
    return whenFree(this.#connection.label, at, () => query(this.#connection.reader()));
  }
}

/** What a change may write. */
function keysOf({ take, deletes = [], puts = [] }: Change): string[] {
  const keys = take === undefined ? [] : [take.key];
  for (const { key } of deletes) keys.push(key);
  for (const { key } of puts) keys.push(key);
  return keys;
}
