import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { closeAll, type Group } from '../subject.ts';
import { bareSqlite } from './bare-sqlite.ts';
import { oauthdb } from './oauthdb.ts';

/** better-sqlite3 by itself, and what uses it. */
export async function sqlite(): Promise<Group> {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-bench-'));
  const subjects = [
    bareSqlite('better-sqlite3', join(directory, 'one.db')),
    bareSqlite('better-sqlite3 again', join(directory, 'two.db')),
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
