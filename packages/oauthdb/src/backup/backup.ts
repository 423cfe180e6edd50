import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { durableKinds, type ExportedKind, type OAuthDatabase, type Unreadable } from '@oauthdb/core';
import { encrypting } from './encryption.ts';
import { written, type BackupHeader, type BackupTrailer, type Counts } from './format.ts';
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
  /** Which kinds. Default: all but `state` and `code`, which are single use. */
  readonly kinds?: readonly ExportedKind[] | undefined;
  /** Called now and then. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  /** Called for each entry that cannot be read, which is then left out. Left out, such an entry ends the backup. */
  readonly unreadable?: ((one: Unreadable) => void) | undefined;
  /** Ends it; nothing of it stays. */
  readonly signal?: AbortSignal | undefined;
}

/** What a backup holds. */
export interface BackupSummary {
  readonly records: number;
  readonly counts: Counts;
  /** ISO 8601. */
  readonly created_at: string;
  /** The name of the backend that it was made of. */
  readonly source: string;
  /** Of its lines, base64url. */
  readonly sha256: string;
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
  { kinds = durableKinds, onProgress, unreadable, signal, ...secret }: BackupOptions = {},
): Promise<BackupSummary> {
  const lock = checkSecret(secret);
  const { backend: source } = await db.health();
  const created_at = new Date().toISOString();
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
    const options = signal === undefined ? {} : { signal };
    if (lock === null) await pipeline(lines, gzip, to, options);
    else await pipeline(lines, gzip, await encrypting(lock), to, options);
  });
  const { records, counts, sha256 } = trailer as BackupTrailer;
  return { records, counts, created_at, source, sha256 };
}
