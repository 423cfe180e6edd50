import { integer, kindOf, refuseUnknownOptions } from '@oauthdb/core';
import { commonOptionNames, flag, resolveCommon, type CommonOptions } from './options.ts';
import { Codec } from './records.ts';
import { openLazily, type SQLiteDatabase } from './sqlite-platform.ts';
import { SqliteRecords } from './sqlite-records.ts';
import { StoredOAuthDb } from './stored-oauth-db.ts';
import type { Cipher } from './types.ts';

export interface OAuthDbConfig extends CommonOptions {
  /** The file, for better-sqlite3, or a database as expo-sqlite opens it. Default `oauthClient.db`. */
  readonly db?: string | SQLiteDatabase | undefined;
  /** Encrypts secrets, and nothing else, before they are stored. Default: they are stored as they are. */
  readonly encrypt?: Cipher | undefined;
  /** Decrypts what `encrypt` gave; throws for what it did not give. */
  readonly decrypt?: Cipher | undefined;
  /** Taken for the sake of the original, and not used: nothing is logged, and what fails is thrown. */
  readonly logger?: unknown;
  /** How long a statement may wait for the lock of another process, in milliseconds. Default 2000. */
  readonly commandTimeout?: number | undefined;
  /** Whether `close()` closes a database that was passed in, as the original does. Default: false. */
  readonly closeClient?: boolean | undefined;
}

const NAMES: readonly string[] = [
  'db',
  'encrypt',
  'decrypt',
  'logger',
  'commandTimeout',
  'closeClient',
  ...commonOptionNames,
];

/**
 * ATXP's `SqliteOAuthDb`: the same options, tables and values, so that both may work on the same file.
 *
 * Throws a `TypeError` for options that are wrong. A file is opened at the first call.
 *
 * @example
 * const client = await atxpClient({ mcpServer, account, oAuthDb: new SqliteOAuthDb({ db: './oauthClient.db' }) });
 */
export class SqliteOAuthDb extends StoredOAuthDb {
  readonly #records: SqliteRecords;

  /** Where the data is when nobody says where: `oauthClient.db`, in the directory in which the process works. */
  static getDefaultDbPath(): string {
    return 'oauthClient.db';
  }

  constructor(config: OAuthDbConfig = {}) {
    const { db = SqliteOAuthDb.getDefaultDbPath(), encrypt, decrypt, logger: _, ...more } = config;
    const { commandTimeout = 2000, closeClient, ...common } = more;
    refuseUnknownOptions(common, NAMES);
    const resolved = resolveCommon(common);
    const records = new SqliteRecords(typeof db === 'string' ? openLazily(checkedPath(db)) : checked(db), {
      commandTimeout: integer('commandTimeout', commandTimeout, 1, 2 ** 31 - 1),
      now: resolved.now,
      isOurs: flag('closeClient', closeClient) || typeof db === 'string',
    });
    const codec = new Codec({
      ...(encrypt === undefined ? {} : { encrypt }),
      ...(decrypt === undefined ? {} : { decrypt }),
    });
    super(records, codec, resolved);
    this.#records = records;
  }

  /** Creates the tables that are missing, as every other call does first. */
  async ensureInitialized(): Promise<void> {
    await this.#records.initialize();
  }
}

function checkedPath(path: string): string {
  if (path === '') throw new TypeError('db must not be empty');
  return path;
}

function checked(db: SQLiteDatabase): SQLiteDatabase {
  const has = (name: string): boolean =>
    typeof (db as unknown as Record<string, unknown>)[name] === 'function';
  const isDatabase =
    typeof db === 'object' && db !== null && ['execAsync', 'prepareAsync', 'closeAsync'].every(has);
  if (isDatabase) return db;
  throw new TypeError(
    `db must be a path, or a database with execAsync, prepareAsync and closeAsync, received ${kindOf(db)}`,
  );
}
