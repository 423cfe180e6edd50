import type { ExportedKind } from '@oauthdb/core';
import type { Masking } from './mask.ts';
import { maskedId } from './mask.ts';
import type { Output, Row } from './output.ts';
import { startOf, timeOf, when } from './times.ts';

export type RecordKind = Exclude<ExportedKind, 'held'>;

/** One record, with its id and its end. */
export interface Entry {
  readonly id: string;
  readonly expires_at: string | null;
  readonly record: Readonly<Record<string, unknown>>;
}

/** How a kind of record is spoken of. */
export interface Noun {
  /** The command's name. */
  readonly name: string;
  readonly kind: RecordKind;
  readonly one: string;
  readonly many: string;
  /** What an id of it is. */
  readonly id: string;
  readonly idHelp: string;
  readonly owners: readonly ('user' | 'client' | 'grant')[];
  /** The members that a listing shows, besides the id and the times. */
  readonly columns: readonly string[];
}

const secretHelp = 'the secret itself by "-" on standard input; or its handle, as list shows it';

export const nouns: readonly Noun[] = [
  {
    name: 'clients',
    kind: 'client',
    one: 'client registration',
    many: 'client registrations',
    id: 'client_id',
    idHelp: 'the client_id',
    owners: ['user'],
    columns: ['client_name', 'scope', 'redirect_uris'],
  },
  {
    name: 'access-tokens',
    kind: 'token',
    one: 'access token',
    many: 'access tokens that were issued',
    id: 'jti',
    idHelp: 'the jti',
    owners: ['user', 'client', 'grant'],
    columns: ['username', 'client_id', 'scope'],
  },
  {
    name: 'refresh-tokens',
    kind: 'refresh',
    one: 'refresh token',
    many: 'refresh tokens that were issued',
    id: 'handle',
    idHelp: secretHelp,
    owners: ['user', 'client', 'grant'],
    columns: ['username', 'client_id', 'scope'],
  },
  {
    name: 'sessions',
    kind: 'session',
    one: 'session',
    many: 'sessions of users',
    id: 'handle',
    idHelp: secretHelp,
    owners: ['user'],
    columns: ['username'],
  },
  {
    name: 'states',
    kind: 'state',
    one: 'authorization request',
    many: 'authorization requests under their state',
    id: 'handle',
    idHelp: secretHelp,
    owners: ['client'],
    columns: ['client_id', 'redirect_uri', 'scope'],
  },
  {
    name: 'codes',
    kind: 'code',
    one: 'authorization code',
    many: 'authorization codes that were not used',
    id: 'handle',
    idHelp: secretHelp,
    owners: ['user', 'client', 'grant'],
    columns: ['username', 'client_id', 'scope'],
  },
];

/** One line of a listing. */
export function rowOf(noun: Noun, entry: Entry, out: Output, masking: Masking): Row {
  const { record } = entry;
  const columns = noun.columns.map((name) => [name, name in record ? record[name] : undefined] as const);
  return {
    [noun.id]: maskedId(noun.kind, entry.id, masking),
    ...Object.fromEntries(columns),
    issued: when(out, startOf(record), ''),
    expires: when(out, timeOf(entry.expires_at), 'never'),
  };
}

export function nounOf(name: string): Noun {
  const noun = nouns.find((one) => one.name === name);
  if (noun === undefined) throw new RangeError(`no such kind: ${name}`);
  return noun;
}
