import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isOAuthDatabaseError, monotonicNow, OAuthDatabaseError, startTimer } from '@oauthdb/core';

/** What is called of a database that is passed in; it is ATXP's type, and that of expo-sqlite fits. */
export interface SQLiteDatabase {
  execAsync(sql: string): Promise<unknown>;
  prepareAsync(sql: string): Promise<SQLiteStatement>;
  closeAsync(): Promise<unknown>;
}

export interface SQLiteStatement {
  executeAsync<T>(...params: unknown[]): Promise<{ getFirstAsync(): Promise<T | null> }>;
  finalizeAsync(): Promise<unknown>;
}

/** What is called of better-sqlite3. */
interface BetterSqlite3 {
  exec(sql: string): unknown;
  pragma(sql: string): unknown;
  prepare(sql: string): {
    readonly reader: boolean;
    get(...params: unknown[]): unknown;
    run(...params: unknown[]): unknown;
  };
  close(): unknown;
}

type Open = new (
  path: string,
  options: { readonly timeout: number; readonly readonly: boolean },
) => BetterSqlite3;

/**
 * A file, opened by better-sqlite3 at the first call; one that cannot be opened fails that call, and the next tries again. With
 * `readonly` nothing of it is changed, and none is created.
 */
export function openLazily(
  path: string,
  { readonly = false }: { readonly readonly?: boolean } = {},
): SQLiteDatabase {
  let opened: BetterSqlite3 | undefined;
  const open = (): BetterSqlite3 => {
    // The waiting for locks is ours: inside SQLite it would stop the event loop.
    if (opened !== undefined) return opened;
    const Client = load();
    if (path !== ':memory:' && !readonly) createPrivately(path);
    opened = new Client(path, { timeout: 0, readonly });
    return opened;
  };
  return {
    async execAsync(sql) {
      open().exec(sql);
    },
    async prepareAsync(sql) {
      const statement = open().prepare(sql);
      return {
        async executeAsync<T>(...params: unknown[]) {
          const row = statement.reader ? statement.get(...params) : void statement.run(...params);
          return { getFirstAsync: async () => (row ?? null) as T | null };
        },
        async finalizeAsync() {},
      };
    },
    async closeAsync() {
      opened?.close();
    },
  };
}

/** Runs `work`, again while another process holds the lock, and translates what it throws. */
export async function guarded<T>(timeout: number, work: () => Promise<T>): Promise<T> {
  const deadline = monotonicNow() + timeout;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const left = deadline - monotonicNow();
      if (!/^SQLITE_(BUSY|LOCKED)/.test(codeOf(error)) || left <= 0) throw translated(error);
      const pause = Math.min(25, 1.5 ** attempt) * (0.5 + Math.random() / 2);
      await new Promise<void>((resolve) => startTimer(resolve, Math.min(pause, left)));
    }
  }
}

/** Creates a file for this user alone, unless it exists. Why it cannot be created, SQLite will say. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    return;
  }
}

function load(): Open {
  try {
    return createRequire(import.meta.url)('better-sqlite3') as Open;
  } catch (error) {
    const message =
      codeOf(error) === 'MODULE_NOT_FOUND'
        ? 'better-sqlite3 is not installed: npm install better-sqlite3'
        : 'better-sqlite3 does not load: npm rebuild better-sqlite3';
    throw new OAuthDatabaseError('OAUTHDB_CONFIG', message, { outcome: 'not_executed', cause: error });
  }
}

const KINDS: readonly (readonly [RegExp, ConstructorParameters<typeof OAuthDatabaseError>[0], string])[] = [
  [/^SQLITE_(BUSY|LOCKED)/, 'OAUTHDB_TIMEOUT', 'another process held the lock until the deadline'],
  [/^(SQLITE_(FULL|NOMEM|TOOBIG)|ENOSPC|EDQUOT)/, 'OAUTHDB_STORE_FULL', 'SQLite has no space left'],
  [/^SQLITE_READONLY/, 'OAUTHDB_READONLY', 'the SQLite file cannot be written to'],
  [/^SQLITE_(NOTADB|CORRUPT|ERROR|CONSTRAINT|MISMATCH)/, 'OAUTHDB_CORRUPT', 'not a file of ATXP, or damaged'],
  [/^SQLITE_CANTOPEN/, 'OAUTHDB_CONFIG', 'the SQLite file cannot be opened'],
];

function translated(error: unknown): OAuthDatabaseError {
  if (isOAuthDatabaseError(error)) return error;
  const kind = KINDS.find(([pattern]) => pattern.test(codeOf(error)));
  // better-sqlite3's own check, before it asks SQLite.
  if (
    kind === undefined &&
    error instanceof TypeError &&
    error.message.includes('directory does not exist')
  ) {
    return new OAuthDatabaseError('OAUTHDB_CONFIG', 'the directory of the SQLite file does not exist', {
      outcome: 'not_executed',
      cause: error,
    });
  }
  const [, code, message] = kind ?? [null, 'OAUTHDB_UNAVAILABLE' as const, 'SQLite failed'];
  const outcome = code === 'OAUTHDB_UNAVAILABLE' ? 'unknown' : 'not_executed';
  return new OAuthDatabaseError(code, message, { outcome, cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
