import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import Database from 'better-sqlite3';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import { closeAll, type Group, type Subject } from '../subject.ts';
import { oauthdb } from './oauthdb.ts';

/** Prepared statements of better-sqlite3, each call a commit that is on disk when it is answered; and what uses it. */
export async function sqlite(): Promise<Group> {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-bench-'));
  const subjects = [
    bare('better-sqlite3', join(directory, 'one.db')),
    bare('better-sqlite3 again', join(directory, 'two.db')),
    await oauthdb('oauthdb', new SqliteOAuthDatabase({ path: join(directory, 'oauthdb.db') })),
  ];
  return {
    name: 'sqlite',
    subjects,
    close: async () => {
      await closeAll(subjects);
      rmSync(directory, { recursive: true });
    },
  };
}

function bare(name: string, path: string): Subject {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (key TEXT PRIMARY KEY, expires_at INTEGER, value TEXT)');
  const put = db.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)');
  const value = db.prepare('SELECT value FROM entry WHERE key = ? AND expires_at > ?').pluck();
  const one = db.prepare('SELECT 1 FROM entry WHERE key = ? AND expires_at > ?').pluck();
  const remove = db.prepare('DELETE FROM entry WHERE key = ?');
  // As a caller of a database that answers by promises finds it.
  const set = async (i: number): Promise<unknown> => put.run(keyOf(i), Date.now() + LIFE_MS, VALUE);
  const get = async (i: number): Promise<unknown> => value.get(keyOf(i), Date.now());
  return {
    name,
    calls: {
      storeToken: set,
      getToken: get,
      hasToken: async (i) => one.get(keyOf(i), Date.now()) !== undefined,
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
    close: () => db.close(),
  };
}
