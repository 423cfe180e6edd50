import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OAuthDatabaseError } from '@oauthdb/core';
import { decrypting, MAGIC } from './encryption.ts';
import { damaged } from './errors.ts';

/** The line that says how a file is encrypted is never longer. */
const LONGEST_HEAD = 4096;

/** How much is read at a time. */
const READ = 128 * 1024;

/** What is in a file, by how it begins. */
export type FileKind = 'plain' | 'encrypted' | 'gateway' | 'unknown';

/** Looks at the beginning of a file. */
export async function kindOfFile(file: FileHandle): Promise<FileKind> {
  const start = await startOf(file, MAGIC.length);
  if (start[0] === 0x1f && start[1] === 0x8b) return 'plain';
  if (start.toString('latin1') === MAGIC) return 'encrypted';
  return /^\s*\{/.test(start.toString('latin1')) ? 'gateway' : 'unknown';
}

/** The lines of a backup, as they were written: decrypted and decompressed. Several may be read of one file, one after the other. */
export async function contentsOf(
  operation: string,
  file: FileHandle,
  secret: Uint8Array | string | null,
): Promise<AsyncIterable<Buffer>> {
  const kind = await kindOfFile(file);
  if (kind !== 'plain' && kind !== 'encrypted') throw damaged(operation, 'the file is no backup');
  if (kind === 'plain') refuseClear(operation, secret);
  if (kind === 'plain') return decompressed(operation, [bytesOf(file, 0)]);
  const head = await headOf(operation, file);
  return decompressed(operation, [bytesOf(file, head.length), await decrypting(operation, head, secret)]);
}

/** Whoever has a secret expects a file that only those who have it could have written. */
export function refuseClear(operation: string, secret: Uint8Array | string | null): void {
  if (secret === null) return;
  const message = 'the backup is not encrypted, and a secret was given';
  throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', message, { operation, outcome: 'not_executed' });
}

async function* decompressed(
  operation: string,
  [bytes, ...through]: readonly [AsyncIterable<Buffer>, ...NodeJS.ReadWriteStream[]],
): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: READ });
  const flowing = pipeline([Readable.from(bytes), ...through, gunzip]);
  // Whoever reads gets the failure from the last stream.
  flowing.catch(() => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
    await flowing;
  } catch (error) {
    throw isOfZlib(error)
      ? damaged(operation, 'the file is damaged: it cannot be decompressed', error)
      : error;
  } finally {
    gunzip.destroy();
    // The file must not be closed while it is read.
    await flowing.catch(() => {});
  }
}

/** What is in a file from `start` on. */
async function* bytesOf(file: FileHandle, start: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ), 0, READ, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function isOfZlib(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

/** The two lines in front of what is encrypted. */
async function headOf(operation: string, file: FileHandle): Promise<Buffer> {
  const start = await startOf(file, LONGEST_HEAD);
  const end = start.indexOf('\n', MAGIC.length);
  if (end < 0) throw damaged(operation, 'the file is damaged: it does not say how it is encrypted');
  return start.subarray(0, end + 1);
}

async function startOf(file: FileHandle, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}
