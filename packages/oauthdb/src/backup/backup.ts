import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  durableKinds,
  isOAuthDatabaseError,
  kindOf,
  type ExportedKind,
  type OAuthDatabase,
  type Unreadable,
} from '@oauthdb/core';
import { encrypting } from './encryption.ts';
import { written, type BackupHeader, type BackupTrailer, type Counts } from './format.ts';
import { gatewayText } from './gateway-write.ts';
import { checkSecret, type BackupSecret } from './lock.ts';
import { writeWhole } from './whole-file.ts';

/** How far a long work is. */
export interface BackupProgress {
  /** `verify` comes before `restore`. */
  readonly phase: 'backup' | 'verify' | 'restore';
  /** How many records are done. */
  readonly records: number;
  /** How many there are, where that is known. */
  readonly total: number | null;
}

export interface BackupOptions extends BackupSecret {
  /**
   * `gateway`: for the scripts of the MCP OAuth gateway, which know neither encryption nor tokens that are held, and find refresh
   * tokens, states, codes and sessions by the secrets themselves: the database must have been opened with `handles: 'plain'`. All
   * of it is held in memory. Default `oauthdb`.
   */
  readonly format?: 'oauthdb' | 'gateway' | undefined;
  /** Which kinds. Default: all but `state` and `code`, which are single use. */
  readonly kinds?: readonly ExportedKind[] | undefined;
  /** Called now and then. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  /** Called for each entry that cannot be read, which is then left out. Left out, such an entry ends the backup. */
  readonly unreadable?: ((one: Unreadable) => void) | undefined;
  /** Ends it; nothing of it stays. */
  readonly signal?: AbortSignal | undefined;
  /** The time, in epoch milliseconds: the one that the database goes by. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** What a backup holds. */
export interface BackupSummary {
  readonly records: number;
  readonly counts: Counts;
  /** ISO 8601. */
  readonly created_at: string;
  /** The name of the backend that it was made of. */
  readonly source: string;
  /** Of what it holds, base64url. */
  readonly sha256: string;
  /** What of a backup of the gateway's is of no use: entries that had ended, and such as hold no record. */
  readonly skipped?: { readonly ended: number; readonly unreadable: number };
}

/** Fast, and not much larger than the best: most of a record is random. */
const LEVEL = 3;

/**
 * Writes everything that a database holds into a file: compressed, with a checksum, for this user alone, and encrypted where a
 * passphrase or a key is given; else it holds secrets in clear.
 *
 * While it is written, and if it fails or is killed, the path leads to what was there before; then to the whole new file, which is
 * on disk. Little is held in memory.
 *
 * @throws OAuthDatabaseError as {@link OAuthDatabase.export}; an error of Node.js for a file that cannot be written.
 * @example
 * await backup(db, './oauth.backup', { passphrase });
 */
export async function backup(
  db: OAuthDatabase,
  path: string,
  options: BackupOptions = {},
): Promise<BackupSummary> {
  const {
    format = 'oauthdb',
    kinds = durableKinds,
    onProgress,
    unreadable,
    signal,
    passphrase,
    key,
    now = Date.now,
  } = options;
  if (format !== 'oauthdb' && format !== 'gateway')
    throw new TypeError(`format must be 'oauthdb' or 'gateway', received ${kindOf(format)}`);
  const lock = checkSecret({ passphrase, key });
  if (format === 'gateway' && lock !== null)
    throw new TypeError("passphrase and key must be left out with format: 'gateway', which is not encrypted");
  const source = await sourceOf(db);
  if (format === 'gateway') {
    const { text, summary } = await gatewayText(db, options);
    await writeWhole(path, (to) => pipeline([text], to));
    return { ...summary, source };
  }
  const created_at = new Date(now()).toISOString();
  const header: BackupHeader = {
    format: 'oauthdb-backup',
    version: 1,
    created_at,
    source,
    kinds,
    handles: db.handles,
  };
  let trailer: BackupTrailer | undefined;
  const blocks = async function* (): AsyncGenerator<string, void, undefined> {
    const made = written(header, db.export({ kinds, unreadable }), (records) =>
      onProgress?.({ phase: 'backup', records, total: null }),
    );
    trailer = yield* made;
  };
  await writeWhole(path, async (to) => {
    const gzip = createGzip({ level: LEVEL });
    const lines = Readable.from(blocks(), { objectMode: false });
    const ending = signal === undefined ? {} : { signal };
    if (lock === null) await pipeline(lines, gzip, to, ending);
    else await pipeline(lines, gzip, await encrypting(lock), to, ending);
  });
  const { records, counts, sha256 } = trailer as BackupTrailer;
  return { records, counts, created_at, source, sha256 };
}

/** The name of a backend, as far as it says so to somebody who may only read. */
async function sourceOf(db: OAuthDatabase): Promise<string> {
  try {
    return (await db.health()).backend;
  } catch (error) {
    if (isOAuthDatabaseError(error) && error.code === 'OAUTHDB_AUTH') return 'unknown';
    throw error;
  }
}
