import Database from 'better-sqlite3';
import type { KeyValue } from '../key-value.ts';
import { LIFE_MS, VALUE } from '../values.ts';

export interface BareSqlite extends KeyValue {
  close(): unknown;
}

/**
 * Prepared statements of better-sqlite3, each change a commit that is on disk when it is answered, and what is about several keys
 * one commit.
 */
export function bareSqlite(path: string): BareSqlite {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (key TEXT PRIMARY KEY, expires_at INTEGER, value TEXT)');
  const put = db.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)');
  const putNew = db.prepare('INSERT OR IGNORE INTO entry VALUES (?, ?, ?)');
  const value = db.prepare('SELECT value FROM entry WHERE key = ? AND expires_at > ?').pluck();
  const one = db.prepare('SELECT 1 FROM entry WHERE key = ? AND expires_at > ?').pluck();
  const end = db.prepare('SELECT expires_at FROM entry WHERE key = ?').pluck();
  const remove = db.prepare('DELETE FROM entry WHERE key = ?');
  const removeGiving = db.prepare('DELETE FROM entry WHERE key = ? RETURNING value').pluck();
  const prolong = db.prepare('UPDATE entry SET expires_at = ? WHERE key = ?');
  const putAll = db.transaction((keys: readonly string[]) => {
    for (const key of keys) put.run(key, Date.now() + LIFE_MS, VALUE);
  });
  const removeAll = db.transaction((keys: readonly string[]) => {
    for (const key of keys) remove.run(key);
  });
  // As a caller of a database that answers by promises finds it.
  return {
    set: async (key) => put.run(key, Date.now() + LIFE_MS, VALUE),
    get: async (key) => value.get(key, Date.now()),
    delete: async (key) => remove.run(key),
    has: async (key) => one.get(key, Date.now()) !== undefined,
    add: async (key) => putNew.run(key, Date.now() + LIFE_MS, VALUE),
    take: async (key) => removeGiving.get(key),
    life: async (key) => Number(end.get(key)) - Date.now(),
    prolong: async (key, ms) => prolong.run(Date.now() + ms, key),
    setSeveral: async (keys) => putAll(keys),
    getSeveral: async (keys) => keys.map((key) => value.get(key, Date.now())),
    deleteSeveral: async (keys) => removeAll(keys),
    close: () => db.close(),
  };
}
