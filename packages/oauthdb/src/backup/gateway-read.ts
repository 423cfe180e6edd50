import type { FileHandle } from 'node:fs/promises';
import { fromGateway, type Exported } from '@oauthdb/core';
import type { BackupSummary } from './backup.ts';
import { damaged } from './errors.ts';
import { noCounts } from './format.ts';
import {
  checksumOf,
  MARK,
  SESSION_PREFIX,
  sections,
  type GatewayEntry,
  type GatewayFile,
  type Section,
} from './gateway-file.ts';

type IssuedKind = keyof typeof sections;

export interface GatewayBackup {
  readonly summary: BackupSummary;
  readonly records: readonly Exported[];
}

/** Whose entries have an end, so that one without it had none left: the scripts write -1 for less than half a second. */
const ending: ReadonlySet<IssuedKind> = new Set(['token', 'refresh', 'state', 'code']);

/** Reads a backup that the gateway's scripts wrote, or {@link gatewayText} for them. Of one that is damaged, nothing. */
export async function readGateway(operation: string, file: FileHandle): Promise<GatewayBackup> {
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
  const content = parsedFile(operation, buffer.toString());
  const takenAt = Date.parse(content.timestamp);
  const counts = noCounts();
  const skipped = { ended: 0, unreadable: 0 };
  const records: Exported[] = [];
  for (const [kind, name] of Object.entries(sections) as [IssuedKind, string][]) {
    for (const [key, entry] of Object.entries((content[name] ?? {}) as Section)) {
      const record = objectOf(entry.value);
      if (record === null) {
        skipped.unreadable++;
        continue;
      }
      const end = endOf(kind, entry, record, takenAt);
      // What has ended when it was taken is not worth a record; what has since is left out by the import.
      if (end !== null && end <= takenAt) {
        skipped.ended++;
        continue;
      }
      counts[kind]++;
      records.push(exported(kind, key, record, end));
    }
  }
  const created_at = new Date(takenAt).toISOString();
  const sha256 = checksumOf(content);
  return {
    summary: { records: records.length, counts, created_at, source: 'gateway', sha256, skipped },
    records,
  };
}

function exported(
  kind: IssuedKind,
  key: string,
  record: Record<string, unknown>,
  end: number | null,
): Exported {
  const expires_at = end === null ? null : new Date(end).toISOString();
  if (kind === 'session') {
    const id = key.startsWith(SESSION_PREFIX) ? key.slice(SESSION_PREFIX.length) : key;
    return { kind, id, handles: 'plain', expires_at, record };
  }
  const issued = { kind, id: key, expires_at, record: { ...fromGateway(kind, key, record), expires_at } };
  return kind === 'client' || kind === 'token' ? issued : { ...issued, handles: 'plain' };
}

/** Epoch milliseconds; `null`: never. */
function endOf(
  kind: IssuedKind,
  { ttl, expires_at_ms: at }: GatewayEntry,
  { expires_at: own }: Record<string, unknown>,
  takenAt: number,
): number | null {
  if (at !== undefined) return at;
  if (ttl > 0) return takenAt + ttl * 1000;
  if (ttl !== -1 || !ending.has(kind)) return ttl === -1 ? null : takenAt;
  return typeof own === 'number' && kind === 'token' ? own * 1000 : takenAt;
}

function parsedFile(operation: string, text: string): GatewayFile {
  const file = objectOf(text);
  const found = file === null ? 0 : Object.values(sections).filter((name) => isSection(file[name])).length;
  if (file === null || found === 0 || typeof file['timestamp'] !== 'string')
    throw damaged(operation, 'the file is no backup, or is damaged');
  if (Number.isNaN(Date.parse(file['timestamp'])))
    throw damaged(operation, 'the file is damaged: it does not say when it was taken');
  for (const name of Object.values(sections)) {
    if (file[name] !== undefined && !isSection(file[name]))
      throw damaged(operation, `the file is damaged: ${name} is no section`);
  }
  const mark = file[MARK] as { sha256?: unknown } | undefined;
  if (mark !== undefined && mark.sha256 !== checksumOf(file))
    throw damaged(operation, 'the file is damaged: its checksum is not that of what it holds');
  return file as unknown as GatewayFile;
}

function isSection(value: unknown): value is Section {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value as Record<string, unknown>).every((entry) => {
    if (typeof entry !== 'object' || entry === null) return false;
    const { value: text, ttl } = entry as Partial<GatewayEntry>;
    return typeof text === 'string' && typeof ttl === 'number';
  });
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
