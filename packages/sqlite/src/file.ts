import { accessSync, closeSync, constants, openSync, statSync, type Stats } from 'node:fs';
import { monotonicNow, OAuthDatabaseError } from '@oauthdb/core';
import { translated } from './errors.ts';

/**
 * Creates `path` for this user alone, unless it exists; SQLite gives the files beside it the same mode.
 *
 * What exists is not opened: a process that closes any handle of a file gives up all its locks on it, SQLite's included.
 */
export function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw fileError(error, path);
  }
}

/** Throws the error that tells why this process may not read and write `path`. */
export function requireAccess(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Tells whether a path still leads to the file that was opened. SQLite does not: it writes to a deleted file as to any other. */
export class FileWatch {
  readonly #path: string;
  readonly #file: Stats;
  #calls = 0;
  #checkedAt: number = monotonicNow();

  /** Throws `OAUTHDB_UNAVAILABLE` where there is no such file. */
  constructor(path: string) {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) throw gone(path, 'not_executed');
    this.#path = path;
    this.#file = file;
  }

  /** Throws `OAUTHDB_UNAVAILABLE` unless the file is where it was. Costs about a microsecond. */
  check(outcome: 'not_executed' | 'unknown'): void {
    this.#checkedAt = monotonicNow();
    const file = statSync(this.#path, { throwIfNoEntry: false });
    // The number of an open file is not given to another one.
    if (file === undefined || file.ino !== this.#file.ino || file.dev !== this.#file.dev) {
      throw gone(this.#path, outcome);
    }
  }

  /** Checks at every 64th call, and when the last time was a second ago. */
  checkNowAndThen(): void {
    this.#calls = (this.#calls + 1) % 64;
    if (this.#calls === 0 || monotonicNow() - this.#checkedAt > 1000) this.check('not_executed');
  }
}

function gone(path: string, outcome: 'not_executed' | 'unknown'): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', `${path} was removed or replaced while it was open`, {
    outcome,
  });
}

function errno(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function fileError(error: unknown, path: string): OAuthDatabaseError {
  const code = errno(error);
  const options = { outcome: 'not_executed', cause: error } as const;
  if (/^(EACCES|EPERM|EROFS)$/.test(code) && isReadable(path)) {
    return new OAuthDatabaseError(
      'OAUTHDB_READONLY',
      `${path} is read-only for this process (${code})`,
      options,
    );
  }
  if (/^(ENOENT|ENOTDIR)$/.test(code)) {
    return new OAuthDatabaseError(
      'OAUTHDB_CONFIG',
      `${path} is in no directory that exists (${code})`,
      options,
    );
  }
  if (/^(EACCES|EPERM|EROFS|ELOOP|ENAMETOOLONG)$/.test(code)) {
    return new OAuthDatabaseError('OAUTHDB_CONFIG', `${path} cannot be opened or created (${code})`, options);
  }
  return translated(error, path, 'open');
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
