import { OAuthDatabaseError } from '@oauthdb/core';
import type { SqliteClient } from './client.ts';

/** Marks the file as ours: `OAdb`. */
const APPLICATION_ID = 0x4f_41_64_62;

/** Grows with every change of the tables. */
const SCHEMA_VERSION = 1;

/**
 * `value` stands last, so that listing keys does not read through long values. What belongs to an entry goes with it by triggers:
 * foreign keys are a setting of each connection, and who repairs a file by hand has them off.
 */
const TABLES = `
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    expires_at REAL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entry_expiry ON entry (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE tag (
    name TEXT NOT NULL,
    member TEXT NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (name, member, entry)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tag_entry ON tag (entry);

  CREATE TABLE taken (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    expires_at REAL NOT NULL,
    attempt TEXT NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX taken_expiry ON taken (expires_at);

  CREATE TRIGGER entry_deleted AFTER DELETE ON entry BEGIN DELETE FROM tag WHERE entry = OLD.id; END;
  CREATE TRIGGER entry_overwritten AFTER UPDATE ON entry BEGIN DELETE FROM tag WHERE entry = OLD.id; END;
  CREATE TRIGGER entry_put_again AFTER INSERT ON entry BEGIN DELETE FROM taken WHERE key = NEW.key; END;

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Makes sure that `db` holds our tables, of the version that we know.
 *
 * @param mayCreate - whether an empty database is a new one. Where it held our tables before, an empty one is a mishap: to go on
 * would turn a lost file into "no such token".
 */
export function prepareSchema(db: SqliteClient, label: string, mayCreate: boolean): void {
  // SQLite would wait inside the call, and nothing else in this process could run.
  db.pragma('busy_timeout = 0');
  const found = inTransaction(db, 'BEGIN', () => contents(db, label));
  if (found === 'nothing' && !mayCreate) {
    throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', `${label} was replaced by an empty database`, {
      outcome: 'not_executed',
    });
  }
  // Only now, for it changes the file.
  requireDurability(db, label);
  if (found === 'ours') return;
  inTransaction(db, 'BEGIN IMMEDIATE', () => {
    // Another process may have been quicker.
    if (contents(db, label) === 'nothing') db.exec(TABLES);
  });
}

/** Between the reads of one look, too, another process may create the tables. */
function inTransaction<T>(db: SqliteClient, begin: string, work: () => T): T {
  db.exec(begin);
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } finally {
    if (db.inTransaction) db.exec('ROLLBACK');
  }
}

function contents(db: SqliteClient, label: string): 'ours' | 'nothing' {
  const application = Number(db.pragma('application_id', { simple: true }));
  const version = Number(db.pragma('user_version', { simple: true }));
  if (application === APPLICATION_ID && version === SCHEMA_VERSION) return 'ours';
  if (application === APPLICATION_ID) {
    const advice = version > SCHEMA_VERSION ? 'update @oauthdb/sqlite' : 'restore it from a backup';
    throw refused(
      `${label} has schema version ${version}, and this release knows ${SCHEMA_VERSION}: ${advice}`,
    );
  }
  const tables = Number(db.prepare('SELECT count(*) FROM sqlite_schema').safeIntegers(false).pluck().get());
  if (application === 0 && version === 0 && tables === 0) return 'nothing';
  throw refused(`${label} belongs to another program: give oauthdb a file of its own`);
}

function requireDurability(db: SqliteClient, label: string): void {
  // A write-ahead log needs memory that processes share, which network file systems do not have.
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal' && !db.memory) {
    throw refused(`${label} must be on a local disk: its file system cannot keep a write-ahead log`);
  }
  // NORMAL loses what was acknowledged when the power fails; without the second line, so does FULL on macOS.
  db.pragma('synchronous = FULL');
  db.pragma('fullfsync = ON');
}

function refused(message: string): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CONFIG', message, { outcome: 'not_executed' });
}
