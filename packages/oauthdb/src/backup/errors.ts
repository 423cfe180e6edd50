import { OAuthDatabaseError } from '@oauthdb/core';

/** What is thrown for a file that is not whole, or not a backup. It names no path: the caller has it. */
export function damaged(operation: string, message: string, cause?: unknown): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CORRUPT', message, { operation, outcome: 'not_executed', cause });
}

/** What is thrown where a passphrase or a key is missing, or is another one. */
export function locked(operation: string, message: string): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNDECRYPTABLE', message, { operation, outcome: 'not_executed' });
}
