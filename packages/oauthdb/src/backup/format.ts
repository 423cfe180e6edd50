import { createHash, type Hash } from 'node:crypto';
import type { Exported, ExportedKind, HandleForm } from '@oauthdb/core';
import { exportedKinds } from '@oauthdb/core';
import { damaged } from './errors.ts';
import { linesOf } from './lines.ts';

/** The first line of a backup. */
export interface BackupHeader {
  readonly format: 'oauthdb-backup';
  readonly version: 1;
  /** ISO 8601. */
  readonly created_at: string;
  /** The name of the backend that it was made of. */
  readonly source: string;
  /** What it holds. */
  readonly kinds: readonly ExportedKind[];
  /** What stood in keys in place of secrets. */
  readonly handles: HandleForm;
}

/** How many records there are of each kind. */
export type Counts = { readonly [kind in ExportedKind]: number };

/** The last line of a backup. */
export interface BackupTrailer {
  readonly records: number;
  readonly counts: Counts;
  /** Of all lines before, base64url. */
  readonly sha256: string;
}

/** How long a text is gathered before it is handed on. */
const BLOCK = 64 * 1024;

export function noCounts(): Record<ExportedKind, number> {
  return Object.fromEntries(exportedKinds.map((kind) => [kind, 0])) as Record<ExportedKind, number>;
}

/** The lines of a backup, in blocks. */
export async function* written(
  header: BackupHeader,
  records: AsyncIterable<Exported>,
  progress: (records: number) => void,
): AsyncGenerator<string, BackupTrailer, undefined> {
  const sha256 = createHash('sha256');
  const counts = noCounts();
  let total = 0;
  let block = `${JSON.stringify(header)}\n`;
  for await (const record of records) {
    counts[record.kind]++;
    total++;
    block += `${JSON.stringify(record)}\n`;
    if (block.length < BLOCK) continue;
    sha256.update(block);
    yield block;
    block = '';
    progress(total);
  }
  sha256.update(block);
  const trailer = { records: total, counts, sha256: sha256.digest('base64url') };
  yield `${block}${JSON.stringify(trailer)}\n`;
  progress(total);
  return trailer;
}

/** A backup that is read: its header, and what comes behind it. */
export interface Reading {
  readonly header: BackupHeader;
  /** Its records, in blocks; ends with an error unless the file is whole. */
  readonly records: AsyncGenerator<readonly Exported[], BackupTrailer, undefined>;
}

/** @throws OAuthDatabaseError `OAUTHDB_CORRUPT` unless it is a backup, of a version that is known. */
export async function readFrom(operation: string, stream: AsyncIterable<Buffer>): Promise<Reading> {
  const pieces = linesOf(operation, stream);
  const { value: first } = await pieces.next();
  const header = first?.[0] === undefined ? null : parsed(first[0]);
  if (!isHeader(header)) throw damaged(operation, 'the file is no backup, or is damaged');
  const version: number = header.version;
  if (version !== 1)
    throw damaged(operation, `the backup has version ${version}, and this release knows 1: update it`);
  return { header, records: recordsOf(operation, first as readonly Buffer[], pieces) };
}

async function* recordsOf(
  operation: string,
  first: readonly Buffer[],
  pieces: AsyncGenerator<readonly Buffer[]>,
): AsyncGenerator<readonly Exported[], BackupTrailer, undefined> {
  const sha256 = createHash('sha256');
  const counts = noCounts();
  let total = 0;
  // The last line is the trailer, which nobody knows before the end.
  let last: Buffer | undefined;
  let isHead = true;
  const take = (lines: readonly Buffer[]): Exported[] => {
    const found: Exported[] = [];
    for (const line of lines) {
      if (last !== undefined) {
        add(sha256, last);
        if (!isHead) {
          const record = recordOf(operation, last);
          counts[record.kind]++;
          total++;
          found.push(record);
        }
        isHead = false;
      }
      last = line;
    }
    return found;
  };
  const begun = take(first);
  if (begun.length > 0) yield begun;
  for await (const lines of pieces) {
    const found = take(lines);
    if (found.length > 0) yield found;
  }
  const trailer = last === undefined || isHead ? null : parsed(last);
  if (!isTrailer(trailer)) throw damaged(operation, 'the file is damaged: its end is missing');
  if (trailer.sha256 !== sha256.digest('base64url') || trailer.records !== total)
    throw damaged(operation, 'the file is damaged: its checksum is not that of what it holds');
  return { records: total, counts, sha256: trailer.sha256 };
}

function add(sha256: Hash, line: Buffer): void {
  sha256.update(line);
  sha256.update('\n');
}

function recordOf(operation: string, line: Buffer): Exported {
  const record = parsed(line) as Partial<Exported> | null;
  if (typeof record === 'object' && record !== null && exportedKinds.includes(record.kind as ExportedKind))
    return record as Exported;
  throw damaged(operation, 'the file is damaged: a line is no record');
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    // What JSON.parse says shows a part of the text.
    return null;
  }
}

function isHeader(value: unknown): value is BackupHeader {
  return (
    typeof value === 'object' && value !== null && 'format' in value && value.format === 'oauthdb-backup'
  );
}

function isTrailer(value: unknown): value is BackupTrailer {
  return typeof value === 'object' && value !== null && 'sha256' in value && 'records' in value;
}
