import { hash } from 'node:crypto';
import type { Kind } from '../keys.ts';
import { asIso, timeOf } from './epoch-seconds.ts';
import { fieldsOf } from './gateway-fields.ts';
import { isNote, NOTE, noteOf, readNote, type Note } from './gateway-note.ts';

type Members = Readonly<Record<string, unknown>>;

/** The members that the service has none for, so that the note keeps them. */
const noted: { readonly [kind in Kind]: readonly string[] } = {
  client: [],
  state: ['expires_at'],
  code: ['grant_id', 'expires_at'],
  token: ['grant_id', 'issued_at'],
  refresh: ['grant_id', 'issued_at', 'expires_at'],
  session: [],
};

/** The record of a kind as the service would write it, with a note of what that cannot say. */
export function toGateway(kind: Kind, id: string, record: Members): Members {
  const left = new Map(Object.entries(record));
  const has = new Map<string, unknown>();
  // What the key says already.
  if (kind !== 'client' && kind !== 'token') left.delete('handle');
  if (kind === 'token' && left.get('jti') === id) left.delete('jti');
  // A client's end is its key's; of none there is nothing to say.
  if (kind === 'client' && left.get('expires_at') === null) left.delete('expires_at');
  for (const name of [...noted[kind], NOTE]) {
    if (!left.has(name)) continue;
    has.set(name, left.get(name));
    left.delete(name);
  }
  const stored = new Map<string, unknown>();
  const said = new Map<string, readonly [unknown, unknown?]>();
  for (const { name, write, read } of fieldsOf[kind]) {
    const given = left.get(name);
    left.delete(name);
    const written = write(record);
    if (written === undefined) {
      if (given !== undefined) has.set(name, given);
      continue;
    }
    stored.set(name, written);
    if (!isSame(read(written), given)) said.set(name, given === undefined ? [written] : [written, given]);
  }
  // The array that was made of it says the same.
  const isMade =
    record['resources'] === undefined && isSame(resourceOf(stored.get('resources')), record['resource']);
  if (isMade) left.delete('resource');
  for (const [name, value] of left) stored.set(name, value);
  const note: Note = {
    of: noteOf(kind, id),
    ...(has.size === 0 ? {} : { has: Object.fromEntries(has) }),
    ...(said.size === 0 ? {} : { said: Object.fromEntries(said) }),
  };
  return Object.fromEntries([...stored, [NOTE, note]]);
}

/** What a record of the service's form says, whoever wrote it; without an `expires_at` where only its key has one. */
export function fromGateway(kind: Kind, id: string, stored: Members): Record<string, unknown> {
  const note = readNote(stored[NOTE], kind, id);
  const record = new Map(Object.entries(stored));
  if (isNote(stored[NOTE])) record.delete(NOTE);
  const said = new Map(Object.entries(note?.said ?? {}));
  for (const { name, read } of fieldsOf[kind]) {
    if (!record.has(name)) continue;
    const [written, ...was] = said.get(name) ?? [];
    const value = said.has(name) && isSame(written, record.get(name)) ? was[0] : read(record.get(name));
    if (value === undefined) record.delete(name);
    else record.set(name, value);
  }
  for (const [name, value] of Object.entries(note?.has ?? {})) record.set(name, value);
  complete(record, kind, id, stored, note);
  return Object.fromEntries(record);
}

/** Adds what a record says between the lines. */
function complete(
  record: Map<string, unknown>,
  kind: Kind,
  id: string,
  stored: Members,
  note: Note | null,
): void {
  if (kind === 'client') {
    // A registration that is kept under an alias names the real one elsewhere.
    if (!record.has('client_id') || record.has('_real_client_id')) record.set('client_id', id);
    return;
  }
  const resource = resourceOf(stored['resources']);
  // Of our own, one that was made of it is hidden.
  const isSaid = note !== null && record.has('resources');
  if (resource !== undefined && !isSaid && !record.has('resource') && kind !== 'token')
    record.set('resource', resource);
  if (kind === 'token') {
    if (!record.has('jti')) record.set('jti', id);
  } else {
    record.set('handle', id);
  }
  if (kind === 'state') return;
  if (note === null && !record.has('username')) {
    const name = usernameOf(record);
    if (name !== undefined) record.set('username', name);
  }
  if (!record.has('grant_id')) record.set('grant_id', sharedGrantOf(Object.fromEntries(record)));
  if (kind === 'code' || (note !== null && record.has('issued_at'))) return;
  const issuedAt = record.get('issued_at') ?? stored['created_at'];
  if (timeOf(issuedAt) !== null) record.set('issued_at', asIso(issuedAt));
}

/** The user of a record that does not name one: the documentation has `github|username` as an id. */
function usernameOf(record: ReadonlyMap<string, unknown>): string | undefined {
  const id = record.get('user_id') ?? record.get('sub');
  if (typeof id !== 'string' || id === '') return undefined;
  return /^[^|]+\|(.+)$/s.exec(id)?.[1] ?? id;
}

/**
 * The grant of a record that names none: all that one user has granted to one client, for the service does not say which of its
 * tokens came of the same code.
 */
export function sharedGrantOf({ client_id: clientId, username }: Members): string {
  const names = JSON.stringify([clientId ?? null, username ?? null]);
  return `gateway_${hash('sha256', names, 'base64url').slice(0, 22)}`;
}

function resourceOf(resources: unknown): unknown {
  return Array.isArray(resources) && resources.length > 0 ? resources : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
