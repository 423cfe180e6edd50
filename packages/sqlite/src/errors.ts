import { isOAuthDatabaseError, OAuthDatabaseError, type OAuthDatabaseErrorCode } from '@oauthdb/core';

/** Where something failed: what it means, and whether anything was written, depends on it. */
export type Stage = 'open' | 'work' | 'commit';

/** The first line that fits decides; SQLite's extended codes begin with the code that they extend. */
const KINDS: readonly (readonly [RegExp, OAuthDatabaseErrorCode, string])[] = [
  [/^(SQLITE_(FULL|NOMEM|TOOBIG)|ENOSPC|EDQUOT)/, 'OAUTHDB_STORE_FULL', 'has no space left'],
  [/^SQLITE_READONLY_DBMOVED/, 'OAUTHDB_UNAVAILABLE', 'was moved or replaced while it was open'],
  [/^SQLITE_READONLY/, 'OAUTHDB_READONLY', 'cannot be written to'],
  [/^SQLITE_NOTADB/, 'OAUTHDB_CORRUPT', 'is not a SQLite database'],
  [/^SQLITE_CORRUPT/, 'OAUTHDB_CORRUPT', 'is damaged'],
  // Its tables are not those that this package creates.
  [/^SQLITE_(ERROR|CONSTRAINT|MISMATCH)/, 'OAUTHDB_CORRUPT', 'does not hold what it must'],
  [/^SQLITE_(PERM|AUTH)/, 'OAUTHDB_CONFIG', 'may not be used by this process'],
];

/**
 * The error that a caller gets for what better-sqlite3 or the file system threw, a lock excepted: that is waited for.
 *
 * @param label - names the database in the message: its path.
 */
export function translated(error: unknown, label: string, stage: Stage): OAuthDatabaseError {
  if (isOAuthDatabaseError(error)) return error;
  const reason =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const [code, says] = kindOfFailure(reason, stage);
  // A commit that ran out of space has written no end of a transaction; what else went wrong there may come after the end.
  const outcome = stage === 'commit' && code !== 'OAUTHDB_STORE_FULL' ? 'unknown' : 'not_executed';
  const message = `${label} ${says}${reason === '' ? '' : ` (${reason})`}`;
  return new OAuthDatabaseError(code, message, { outcome, cause: error });
}

/** Whether there was no room for what was to be written. */
export function isFull(error: unknown): boolean {
  return translated(error, '', 'work').code === 'OAUTHDB_STORE_FULL';
}

function kindOfFailure(reason: string, stage: Stage): readonly [OAuthDatabaseErrorCode, string] {
  const kind = KINDS.find(([pattern]) => pattern.test(reason));
  if (kind !== undefined) return [kind[1], kind[2]];
  // Who cannot open a file cannot wait for it to become one. Once it is open, only the system can be short of something.
  if (stage === 'open' && reason.startsWith('SQLITE_CANTOPEN')) {
    return [
      'OAUTHDB_CONFIG',
      'cannot be opened: it must be a file in a directory that this process may write to',
    ];
  }
  return ['OAUTHDB_UNAVAILABLE', 'failed'];
}
