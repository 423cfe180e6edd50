import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyvSqlite } from '@oauthdb/bench-keyv-6';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { closeAll, keyValues, oauthdb, type Group, type Subject } from '../subject.ts';
import { bareSqlite } from './bare-sqlite.ts';
import { keyv } from './keyv.ts';

/** better-sqlite3 by itself, and what uses it. */
export async function sqlite(): Promise<Group> {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-bench-'));
  const bare = (name: string, file: string): Subject => {
    const client = bareSqlite(join(directory, file));
    return { ...keyValues(name, client), close: () => client.close() };
  };
  const subjects = [
    bare('better-sqlite3', 'one.db'),
    bare('better-sqlite3 again', 'two.db'),
    oauthdb('oauthdb', new SqliteOAuthDatabase({ path: join(directory, 'oauthdb.db') })),
    keyv('keyv 6 beta, @keyv/sqlite', await keyvSqlite(join(directory, 'keyv.db'))),
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
