import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { isBusy } from '../src/busy.ts';
import type { SqliteClient } from '../src/client.ts';
import { prepareSchema } from '../src/schema.ts';
import { temporaryPath } from './temporary.ts';

/** The same client, which does something before each call. */
function before(db: Database.Database, work: () => void): SqliteClient {
  return {
    name: db.name,
    open: true,
    memory: false,
    get inTransaction() {
      return db.inTransaction;
    },
    prepare: (sql) => (work(), db.prepare(sql)),
    exec: (sql) => (work(), db.exec(sql)),
    pragma: (sql, options) => (work(), db.pragma(sql, options)),
    close: () => db.close(),
  };
}

/** As a connection does: what another one holds is tried again. */
function prepare(db: SqliteClient): boolean {
  try {
    prepareSchema(db, 'the file', true);
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

it('a new file is taken for what it is, after whichever call another process has created its tables', () => {
  for (let step = 0; ; step++) {
    const path = temporaryPath();
    const [own, rival] = [new Database(path), new Database(path)];
    let calls = 0;
    const client = before(own, () => {
      if (calls++ === step) prepare(rival);
    });
    expect(prepare(client) || prepare(client)).toBe(true);
    expect(prepare(rival) || prepare(rival)).toBe(true);
    expect(rival.prepare('SELECT count(*) FROM entry').pluck().get()).toBe(0);
    own.close();
    rival.close();
    if (calls <= step) break;
  }
});
