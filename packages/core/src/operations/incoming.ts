import type { Put } from '../driver.ts';
import { OAuthDatabaseError } from '../error.ts';
import { sealUnder, unsealUnder, type Grace } from '../grants/grace.ts';
import type { Kind } from '../grants/keys.ts';
import { checkRecord, isoOf, isoTime } from '../grants/record-input.ts';
import { endOf } from '../grants/record-life.ts';
import { BOUND } from '../grants/redeem.ts';
import { checkKey, checkToken, kindOf } from '../input.ts';
import {
  exportedKinds,
  handleKinds,
  type Exported,
  type ExportedKind,
  type ExportedRecord,
  type Removed,
} from './exported.ts';
import type { Stores } from './stores.ts';

/** What is to be stored, as this database stores it. */
export interface Incoming {
  readonly kind: ExportedKind;
  readonly key: string;
  /** Of a token that is held, see {@link heldRecord}. */
  readonly record: Record<string, unknown>;
  /** Epoch milliseconds; `null`: never. */
  readonly endsAt: number | null;
  readonly put: Put;
  /** Where else the same refresh token may be, rotated or not, in a layout that keeps the two apart. */
  readonly other: string | null;
}

/** The member of a record that repeats its id, of kinds whose id is no handle. */
const identity: { readonly [kind in Kind]?: string } = { client: 'client_id', token: 'jti' };

/** @throws TypeError for what no export gives; OAuthDatabaseError `OAUTHDB_UNSUPPORTED` for handles that cannot be made here. */
export function incomingOf(stores: Stores, exported: Exported): Incoming {
  const given: unknown = exported;
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`a record must be an object, received ${kindOf(given)}`);
  const { kind } = exported;
  if (!exportedKinds.includes(kind)) throw new TypeError(`kind must be one of ${exportedKinds.join(', ')}`);
  const end = checkEnd(exported.expires_at);
  if (exported.kind === 'held') {
    const key = stores.heldPrefix + checkKey(exported.key);
    const token = checkToken(exported.value, 'value');
    const value = stores.keyRing.seal(key, token);
    return {
      kind,
      key,
      record: heldRecord(token),
      endsAt: end,
      put: { key, value, expiresAt: end },
      other: null,
    };
  }
  const { records } = stores;
  const { id, record: named } = nameOf(stores, exported);
  const endsAt = boundedEnd(stores, exported.kind, earlier(endOf(named), end));
  const record = endOf(named) === endsAt ? named : { ...named, expires_at: isoOf(endsAt) };
  const put = records.put(exported.kind, id, record, endsAt, kind === 'code' ? BOUND : undefined);
  return { kind, key: put.key, record, endsAt, put, other: otherOf(stores, exported.kind, id, put.key) };
}

function otherOf({ records }: Stores, kind: Kind, id: string, key: string): string | null {
  if (!records.isShared || kind !== 'refresh') return null;
  const live = records.keys.of(kind, id);
  return key === live ? records.keys.rotated(id) : live;
}

/** A token that is held, as a record, to be compared with another one. */
export function heldRecord(token: string): Record<string, unknown> {
  return { token };
}

interface Named {
  readonly id: string;
  readonly record: Record<string, unknown>;
}

function nameOf(stores: Stores, { kind, id: given, handles, record }: ExportedRecord): Named {
  const [id, checked] = [checkKey(given, 'id'), checkRecord(record, 'record')];
  return handleKinds.has(kind) ? withHandle(stores, kind, id, handles, checked) : withName(kind, id, checked);
}

function withName(kind: Kind, id: string, record: Record<string, unknown>): Named {
  const member = identity[kind] as string;
  if (record[member] !== undefined && record[member] !== id)
    throw new TypeError(`record.${member} must be the id of the record`);
  return { id, record };
}

/** The keys under which an entry that is named by its source may be kept here. */
export function keysOfNamed(stores: Stores, named: Removed): string[] {
  const { records, heldPrefix, handles } = stores;
  if (!exportedKinds.includes(named.kind))
    throw new TypeError(`kind must be one of ${exportedKinds.join(', ')}`);
  if (named.kind === 'held') return [heldPrefix + checkKey(named.key)];
  const { kind, handles: form } = named;
  const id = checkKey(named.id, 'id');
  const isHere = !handleKinds.has(kind) || form === handles;
  const here = isHere ? id : withHandle(stores, kind, id, form, {}).id;
  const key = records.keys.of(kind, here);
  return records.isShared && kind === 'refresh' ? [key, records.keys.rotated(here)] : [key];
}

/** A record under the handle that its secret has here. A plain one can be hashed, and nothing else can be changed. */
function withHandle(
  { handles, records }: Stores,
  kind: Kind,
  id: string,
  form: unknown,
  record: Record<string, unknown>,
): Named {
  if (form === handles) return { id, record: { ...record, handle: id } };
  if (form !== 'plain') {
    const cannot = handles === 'plain' ? 'cannot be undone' : 'were made with another pepper';
    throw new OAuthDatabaseError('OAUTHDB_UNSUPPORTED', `the handles of what is imported ${cannot}`, {
      operation: 'import',
      outcome: 'not_executed',
    });
  }
  const hashed: Record<string, unknown> = { ...record, handle: records.keys.handle(kind, id) };
  // Of the others, these members are whatever an application has put there.
  if (kind !== 'refresh') return { id: hashed['handle'] as string, record: hashed };
  if (typeof record['successor'] === 'string')
    hashed['successor'] = records.keys.handle(kind, record['successor']);
  if (record['grace'] !== undefined)
    hashed['grace'] = graceUnder(
      id,
      hashed['handle'] as string,
      record['grace'] as Grace,
      hashed['successor'],
    );
  return { id: hashed['handle'] as string, record: hashed };
}

/** The answer of a rotation is sealed under the token, which a plain handle is, and under its handle, which changes. */
function graceUnder(token: string, handle: string, grace: Grace, successor: unknown): Grace {
  const answer = unsealUnder(token, token, grace.sealed) as { refreshToken: object };
  const moved = { ...answer, refreshToken: { ...answer.refreshToken, handle: successor } };
  return { ...grace, sealed: sealUnder(token, handle, moved) };
}

/** What is single use gets an end in any case, within the lifetime of its kind from now. */
function boundedEnd({ records }: Stores, kind: Kind, endsAt: number | null): number | null {
  if (endsAt !== null || (kind !== 'state' && kind !== 'code')) return endsAt;
  return records.now() + (records.lifetimes[kind] as number);
}

function checkEnd(expiresAt: unknown): number | null {
  if (expiresAt === null) return null;
  const end = typeof expiresAt === 'string' ? isoTime(expiresAt) : Number.NaN;
  if (Number.isNaN(end)) throw new TypeError('expires_at must be an ISO 8601 date or null');
  return end;
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}
