import { open, type FileHandle } from 'node:fs/promises';
import {
  exportedKinds,
  OAuthDatabaseError,
  type Exported,
  type ExportedKind,
  type HandleForm,
  type Imported,
  type ImportMode,
  type OAuthDatabase,
} from '@oauthdb/core';
import type { BackupProgress, BackupSummary } from './backup.ts';
import { damaged } from './errors.ts';
import { readFrom, type BackupHeader, type BackupTrailer } from './format.ts';
import { checkSecret, type BackupSecret } from './lock.ts';
import { readGateway, type GatewayBackup } from './gateway-read.ts';
import { contentsOf, kindOfFile, refuseClear } from './source.ts';

export interface VerifyOptions extends BackupSecret {
  /** Called now and then. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

export interface RestoreOptions extends VerifyOptions {
  /** What becomes of entries that are there already. Default `merge`: the newer of the two stays. */
  readonly mode?: ImportMode | undefined;
  /** Which kinds of those that the file holds. Default: all. */
  readonly kinds?: readonly ExportedKind[] | undefined;
  /** Whether to look only, and say what would be done. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** What became of a backup's records. */
export interface Restored extends Imported {
  readonly backup: BackupSummary;
}

/**
 * Reads all of a backup, and says what it holds.
 *
 * @throws OAuthDatabaseError `OAUTHDB_CORRUPT` for a file that is damaged, cut, or no backup; `OAUTHDB_UNDECRYPTABLE` without the
 * passphrase or the key, and with a wrong one; an error of Node.js for a file that cannot be read.
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<BackupSummary> {
  const file = await open(path);
  try {
    if ((await kindOfFile(file)) === 'gateway') return (await gateway('verify', file, options)).summary;
    return await verified('verify', file, options);
  } finally {
    await file.close();
  }
}

/**
 * Puts into a database what {@link backup} has written, of whichever backend, and says what became of it.
 *
 * The whole file is read first: of one that is damaged nothing is written. Then each record is stored as
 * {@link OAuthDatabase.import} does. A restore that was interrupted is finished by running it again.
 *
 * @throws OAuthDatabaseError as {@link verify}, and `OAUTHDB_UNSUPPORTED`, before anything is written, where the database makes its
 * handles otherwise than the one of which the backup was made.
 * @example
 * const { stored } = await restore(db, './oauth.backup', { passphrase });
 */
export async function restore(
  db: OAuthDatabase,
  path: string,
  options: RestoreOptions = {},
): Promise<Restored> {
  const { mode, dryRun, kinds = exportedKinds, onProgress, signal } = options;
  const file = await open(path);
  try {
    if ((await kindOfFile(file)) === 'gateway') {
      const { records, summary } = await gateway('restore', file, options);
      requireHandles('plain', db, kinds, summary);
      const wanted = records.filter(({ kind }) => kinds.includes(kind));
      return { ...(await db.import(wanted, { mode, dryRun })), backup: summary };
    }
    const summary = await verified('restore', file, options, (header, counts) =>
      requireHandles(header.handles, db, kinds, counts),
    );
    const again = await read('restore', file, options);
    const records = restoring(again.records, summary, kinds, signal, (done) =>
      onProgress?.({ phase: 'restore', records: done, total: summary.records }),
    );
    return { ...(await db.import(records, { mode, dryRun })), backup: summary };
  } finally {
    await file.close();
  }
}

async function gateway(
  operation: string,
  file: FileHandle,
  { passphrase, key }: BackupSecret,
): Promise<GatewayBackup> {
  refuseClear(operation, checkSecret({ passphrase, key }));
  return readGateway(operation, file);
}

async function verified(
  operation: string,
  file: FileHandle,
  options: VerifyOptions,
  check: (header: BackupHeader, trailer: BackupTrailer) => void = () => {},
): Promise<BackupSummary> {
  const { onProgress, signal } = options;
  const { header, records } = await read(operation, file, options);
  let done = 0;
  for (;;) {
    signal?.throwIfAborted();
    const next = await records.next();
    if (next.done === true) {
      check(header, next.value);
      return { created_at: header.created_at, source: header.source, ...next.value };
    }
    done += next.value.length;
    onProgress?.({ phase: 'verify', records: done, total: null });
  }
}

async function* restoring(
  records: AsyncGenerator<readonly Exported[], BackupTrailer>,
  { sha256 }: BackupSummary,
  kinds: readonly ExportedKind[],
  signal: AbortSignal | undefined,
  progress: (records: number) => void,
): AsyncGenerator<Exported, void, undefined> {
  let done = 0;
  for (;;) {
    signal?.throwIfAborted();
    const next = await records.next();
    if (next.done === true) {
      if (next.value.sha256 !== sha256) throw damaged('restore', 'the file was changed while it was read');
      return;
    }
    for (const record of next.value) if (kinds.includes(record.kind)) yield record;
    done += next.value.length;
    progress(done);
  }
}

async function read(operation: string, file: FileHandle, secret: BackupSecret): ReturnType<typeof readFrom> {
  const { passphrase, key } = secret;
  return readFrom(operation, await contentsOf(operation, file, checkSecret({ passphrase, key })));
}

/** Plain handles can be hashed; others stay what they are. */
function requireHandles(
  handles: HandleForm,
  db: OAuthDatabase,
  kinds: readonly ExportedKind[],
  { counts }: Pick<BackupTrailer, 'counts'>,
): void {
  if (handles === 'plain' || handles === db.handles) return;
  const named = (['state', 'code', 'refresh', 'session'] as const).filter(
    (kind) => kinds.includes(kind) && counts[kind] > 0,
  );
  if (named.length === 0) return;
  const why =
    db.handles === 'plain'
      ? 'are hashed, and here they are plain'
      : 'were made with another pepper, or without one';
  throw new OAuthDatabaseError(
    'OAUTHDB_UNSUPPORTED',
    `the handles of its ${named.join(', ')} records ${why}`,
    {
      operation: 'restore',
      outcome: 'not_executed',
    },
  );
}
