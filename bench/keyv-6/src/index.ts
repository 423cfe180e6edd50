import { KeyvSqlite } from '@keyv/sqlite';
import { Keyv } from 'keyv';

/**
 * keyv with its store for SQLite, in the way in which better-sqlite3 is measured: a log that is written ahead, and each change on disk
 * when it is answered.
 */
export async function keyvSqlite(path: string): Promise<Keyv> {
  const store = new KeyvSqlite({ uri: `sqlite://${path}`, wal: true, driver: 'better-sqlite3' });
  // What begins with PRAGMA it takes for a question.
  await store.query('/* no rows */ PRAGMA synchronous = FULL');
  const [{ synchronous }] = (await store.query('PRAGMA synchronous')) as [{ synchronous: number }];
  if (synchronous !== 2) throw new Error(`keyv writes with synchronous = ${synchronous}`);
  return new Keyv({ store });
}
