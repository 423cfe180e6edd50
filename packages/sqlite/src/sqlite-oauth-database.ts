import {
  databaseOptionNames,
  DriverDatabase,
  kindOf,
  refuseUnknownOptions,
  type DatabaseOptions,
} from '@oauthdb/core';
import { SqliteDriver, type SqliteDriverOptions } from './sqlite-driver.ts';

/** The options of every backend, and where the database is. */
export interface SqliteOAuthDatabaseOptions extends DatabaseOptions, SqliteDriverOptions {}

/**
 * An `OAuthDatabase` in a SQLite file, by better-sqlite3: nothing to install or run beside the application, and nothing that was
 * acknowledged is lost when the process, or the machine, stops.
 *
 * Throws a `TypeError` for options that are wrong. The file is opened at the first call.
 *
 * @example
 * const db = new SqliteOAuthDatabase({ path: './data/oauthdb.sqlite' });
 * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
 */
export class SqliteOAuthDatabase extends DriverDatabase {
  constructor({ path, client, ...options }: SqliteOAuthDatabaseOptions = {}) {
    refuseUnknownOptions(options, ['path', 'client', ...databaseOptionNames]);
    if (path !== undefined && client !== undefined)
      throw new TypeError('give either path or client, not both');
    if (path !== undefined) checkPath(path);
    if (client !== undefined) checkClient(client);
    super(new SqliteDriver({ path, client }), options);
  }
}

function checkPath(path: unknown): void {
  if (typeof path !== 'string') throw new TypeError(`path must be a string, received ${kindOf(path)}`);
  // better-sqlite3 trims it, so that the file would be another one.
  if (path === '' || path !== path.trim())
    throw new TypeError('path must not be empty, nor begin or end with white space');
  if (path.includes('\0')) throw new TypeError('path must not contain NUL');
  if (/^(file|sqlite):/.test(path)) throw new TypeError('path must be the path of a file, not a URL');
}

/** By what it can do and not by its class: the application may have another copy of better-sqlite3. */
function checkClient(client: unknown): void {
  const methods = ['prepare', 'exec', 'pragma', 'close'];
  const has = (name: string): boolean => typeof (client as Record<string, unknown>)[name] === 'function';
  if (typeof client !== 'object' || client === null || !methods.every(has)) {
    throw new TypeError(`client must be a Database of better-sqlite3, received ${kindOf(client)}`);
  }
}
