import Database from 'better-sqlite3';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import type { Subject } from '../subject.ts';

export interface BareSqlite extends Subject {
  /** Stores the tokens of these keys, all in one transaction. */
  fill(keys: Iterable<string>): void;
}

/** Prepared statements of better-sqlite3, each call a commit that is on disk when it is answered: what 1.00 is. */
export function bareSqlite(name: string, path: string, key: (i: number) => string = keyOf): BareSqlite {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (key TEXT PRIMARY KEY, expires_at INTEGER, value TEXT)');
  const put = db.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)');
  const value = db.prepare('SELECT value FROM entry WHERE key = ? AND expires_at > ?').pluck();
  const one = db.prepare('SELECT 1 FROM entry WHERE key = ? AND expires_at > ?').pluck();
  const remove = db.prepare('DELETE FROM entry WHERE key = ?');
  // As a caller of a database that answers by promises finds it.
  const set = async (i: number): Promise<unknown> => put.run(key(i), Date.now() + LIFE_MS, VALUE);
  const get = async (i: number): Promise<unknown> => value.get(key(i), Date.now());
  return {
    name,
    calls: {
      storeToken: set,
      getToken: get,
      hasToken: async (i) => one.get(key(i), Date.now()) !== undefined,
      deleteToken: async (i) => remove.run(missing(i)),
      'accessTokens.store': set,
      'accessTokens.get': get,
      'codes.store, codes.consume': async (i) => {
        put.run(`code_${i}`, Date.now() + LIFE_MS, VALUE);
        const found = value.get(`code_${i}`, Date.now());
        remove.run(`code_${i}`);
        return found;
      },
      issue: set,
      'refreshTokens.rotate': set,
    },
    fill: db.transaction((keys: Iterable<string>) => {
      for (const some of keys) put.run(some, Date.now() + LIFE_MS, VALUE);
    }),
    close: () => db.close(),
  };
}
