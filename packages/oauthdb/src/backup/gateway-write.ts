import { OAuthDatabaseError, toGateway, type ExportedRecord, type OAuthDatabase } from '@oauthdb/core';
import type { BackupOptions, BackupSummary } from './backup.ts';
import { noCounts } from './format.ts';
import {
  checksumOf,
  MARK,
  SESSION_PREFIX,
  sections,
  type GatewayEntry,
  type GatewayFile,
} from './gateway-file.ts';

type Entries = Map<string, GatewayEntry>;

const gatewayKinds = ['client', 'token', 'refresh', 'state', 'code', 'session'] as const;

/** The text of a backup for the gateway's own scripts, and what it holds. All of it is in memory, as it is with those. */
export async function gatewayText(
  db: OAuthDatabase,
  { kinds = gatewayKinds, onProgress, unreadable, signal, now: clock = Date.now }: BackupOptions,
): Promise<{ text: string; summary: Omit<BackupSummary, 'source'> }> {
  const now = new Date(clock());
  const counts = noCounts();
  const found = new Map<string, Entries>(Object.values(sections).map((name) => [name, new Map()]));
  const users = new Map<string, Set<string>>();
  let records = 0;
  for await (const one of db.export({ kinds, unreadable })) {
    signal?.throwIfAborted();
    // Tokens that are held have no place there, and of one that was rotated its program would say that it is good.
    if (one.kind === 'held' || one.record['rotated_at'] !== undefined) continue;
    requirePlain(one);
    const end = one.expires_at === null ? null : Date.parse(one.expires_at);
    const ttl = end === null ? -1 : Math.floor((end - now.getTime()) / 1000);
    // Its unit is the second: less would be for ever.
    if (ttl === 0) continue;
    const key = one.kind === 'session' ? SESSION_PREFIX + one.id : one.id;
    found.get(sections[one.kind])?.set(key, entryOf(one, ttl, end));
    const user = one.record['username'];
    if (one.kind === 'token' && typeof user === 'string')
      users.set(user, (users.get(user) ?? new Set()).add(one.id));
    counts[one.kind]++;
    records++;
    if (records % 1000 === 0) onProgress?.({ phase: 'backup', records, total: null });
  }
  const file = fileOf(now, found, users);
  const sha256 = checksumOf(file);
  const text = ascii(JSON.stringify({ ...file, [MARK]: { version: 1, sha256 } }, null, 2));
  return { text: `${text}\n`, summary: { records, counts, created_at: now.toISOString(), sha256 } };
}

function entryOf({ kind, id, record }: ExportedRecord, ttl: number, end: number | null): GatewayEntry {
  const parsed = kind === 'session' ? record : toGateway(kind, id, record);
  return { type: 'string', value: JSON.stringify(parsed), ttl, parsed, expires_at_ms: end };
}

function fileOf(
  now: Date,
  found: ReadonlyMap<string, Entries>,
  users: ReadonlyMap<string, Set<string>>,
): GatewayFile {
  const userTokens: Entries = new Map(
    [...users].map(([user, ids]) => [user, { type: 'set', value: JSON.stringify([...ids]), ttl: -1 }]),
  );
  const size = (section: string): number => found.get(section)?.size ?? 0;
  return {
    timestamp: now.toISOString().replace('Z', '+00:00'),
    ...Object.fromEntries(
      [...found, ['user_tokens', userTokens] as const].map(([name, entries]) => [name, sorted(entries)]),
    ),
    metadata: {
      total_registrations: size('registrations'),
      total_tokens: size('tokens'),
      total_refresh_tokens: size('refresh_tokens'),
      total_sessions: size('sessions'),
    },
  };
}

function sorted(entries: Entries): Record<string, GatewayEntry> {
  return Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The scripts read in whatever encoding their machine prefers. */
function ascii(text: string): string {
  return text.replace(
    /[\u007f-\uffff]/g,
    (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function requirePlain({ kind, handles = 'plain' }: ExportedRecord): void {
  if (handles === 'plain') return;
  const message = `the gateway knows a ${kind} record by its secret, which cannot be made of a hash: leave such kinds out`;
  throw new OAuthDatabaseError('OAUTHDB_UNSUPPORTED', message, {
    operation: 'backup',
    outcome: 'not_executed',
  });
}
