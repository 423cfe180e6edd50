import {
  databaseOptionNames,
  DriverDatabase,
  refuseUnknownOptions,
  type DatabaseOptions,
} from '@oauthdb/core';
import { MemoryDriver } from './memory-driver.ts';
import { MemoryStore } from './memory-store.ts';

export interface MemoryOAuthDatabaseOptions extends DatabaseOptions {
  /** Where the entries are kept, to share them between several databases of one process. Default: a new one. */
  readonly store?: MemoryStore | undefined;
}

/**
 * An `OAuthDatabase` in this process's memory: for tests, for development, and for a process that may forget when it ends.
 *
 * @example
 * const db = new MemoryOAuthDatabase();
 * await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
 */
export class MemoryOAuthDatabase extends DriverDatabase {
  constructor({ store = new MemoryStore(), ...options }: MemoryOAuthDatabaseOptions = {}) {
    refuseUnknownOptions(options, ['store', ...databaseOptionNames]);
    super(new MemoryDriver(store), options);
  }
}
