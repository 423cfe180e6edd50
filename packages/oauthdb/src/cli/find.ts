import { createHash, createHmac } from 'node:crypto';
import type { ExportedRecord, OAuthDatabase } from '@oauthdb/core';
import { limited, matches, type Filters } from './filters.ts';
import type { Entry, Noun, RecordKind } from './kinds.ts';
import { fingerprint } from './mask.ts';
import { timeOf } from './times.ts';

export interface Search {
  readonly filters: Filters;
  /** Refresh tokens that were rotated, too. */
  readonly rotated?: boolean | undefined;
  /** Called for each entry that cannot be read. */
  readonly unreadable: () => void;
}

/** The records of a kind that match: by the lists of their owner where one is named, else by a look at all of them. */
export async function* search(
  db: OAuthDatabase,
  { kind }: Noun,
  { filters, rotated = false, unreadable }: Search,
): AsyncGenerator<Entry, void, undefined> {
  const all = (rotated ? undefined : listOf(db, kind, filters)) ?? exported(db, kind, unreadable);
  yield* limited(narrowed(all, kind, filters, rotated), filters.limit);
}

async function* narrowed(
  all: AsyncIterable<Entry>,
  kind: RecordKind,
  filters: Filters,
  rotated: boolean,
): AsyncGenerator<Entry, void, undefined> {
  // A registration names no user: which of them are a user's, its list says.
  const { user: _, ...others } = filters;
  const wanted = kind === 'client' ? others : filters;
  for await (const entry of all) {
    if (matches(wanted, entry) && (rotated || entry.record['rotated_at'] === undefined)) yield entry;
  }
}

/** By the lists of an owner; `undefined` where there is none that names only what is wanted. */
function listOf(db: OAuthDatabase, kind: RecordKind, filters: Filters): AsyncIterable<Entry> | undefined {
  const { user: username, client: clientId, grant: grantId } = filters;
  const owners = [
    ...(grantId === undefined ? [] : [{ grantId }]),
    ...(username === undefined ? [] : [{ username }]),
    ...(clientId === undefined ? [] : [{ clientId }]),
  ];
  const [owner] = owners;
  if (owner === undefined) return undefined;
  if (kind === 'token') return entries(db.accessTokens.list(owner), 'jti');
  if (kind === 'refresh') return entries(db.refreshTokens.list(owner), 'handle');
  if (username === undefined) return undefined;
  if (kind === 'session') return entries(db.sessions.list({ username }), 'handle');
  return kind === 'client' ? entries(db.clients.list({ username }), 'client_id') : undefined;
}

async function* entries(
  records: AsyncIterable<Readonly<Record<string, unknown>>>,
  id: string,
): AsyncGenerator<Entry, void, undefined> {
  for await (const record of records) {
    const at = timeOf(record['expires_at']);
    yield { id: String(record[id]), record, expires_at: at === null ? null : new Date(at).toISOString() };
  }
}

async function* exported(
  db: OAuthDatabase,
  kind: RecordKind,
  unreadable: () => void,
): AsyncGenerator<Entry, void, undefined> {
  for await (const one of db.export({ kinds: [kind], unreadable })) yield one as ExportedRecord;
}

export interface HandleOptions {
  /** Whether handles are the secrets themselves. */
  readonly plainHandles: boolean;
  readonly pepper?: string | Uint8Array | undefined;
}

/**
 * One record, by its id, its secret, its handle or the fingerprint of that; `null` where there is none. What is not found under its
 * name is looked for among all of its kind.
 */
export async function find(
  db: OAuthDatabase,
  { kind }: Noun,
  given: string,
  options: HandleOptions,
): Promise<Entry | null> {
  const id = kind === 'client' || kind === 'token' ? given : handleOf(kind, given, options);
  const record = await direct(db, kind, given);
  const at = record === null ? null : timeOf(record['expires_at']);
  if (record !== null && at !== null) return { id, record, expires_at: new Date(at).toISOString() };
  // One that says nothing of its end (the backend knows it), and one that was named by something else than its secret.
  for await (const entry of exported(db, kind, () => {})) {
    if (entry.id === given || entry.id === id || fingerprint(entry.id) === given) return entry;
  }
  return null;
}

async function direct(
  db: OAuthDatabase,
  kind: RecordKind,
  id: string,
): Promise<Record<string, unknown> | null> {
  switch (kind) {
    case 'client':
      return db.clients.get(id);
    case 'token':
      return db.accessTokens.get(id);
    case 'refresh':
      return db.refreshTokens.get(id);
    case 'session':
      return db.sessions.get(id);
    case 'code':
      return db.codes.peek(id);
    // There is no way to look at a state without using it up.
    default:
      return null;
  }
}

/** What stands in a key in place of a secret. */
function handleOf(kind: RecordKind, secret: string, { plainHandles, pepper }: HandleOptions): string {
  if (plainHandles) return secret;
  if (pepper === undefined) return createHash('sha256').update(secret).digest('base64url');
  return createHmac('sha256', pepper).update(`${kind}\0${secret}`).digest('base64url');
}
