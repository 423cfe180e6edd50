import type { Kind } from '../keys.ts';
import { asIso, asSeconds } from './epoch-seconds.ts';

type Members = Readonly<Record<string, unknown>>;

/** A member that the service writes, and how it does. */
export interface Field {
  readonly name: string;
  /** What is stored for a record; `undefined`: nothing. */
  readonly write: (record: Members) => unknown;
  /** What a record says for what is stored; `undefined`: nothing, for it says so elsewhere. */
  readonly read: (stored: unknown) => unknown;
}

const same = (stored: unknown): unknown => stored;

/** Stands as it is, where there is one. */
function plain(name: string): Field {
  return { name, write: (record) => record[name], read: same };
}

/** Stands as it is; the service fails on a record without it, so that it is never left out. */
function always(name: string, otherwise: (record: Members) => unknown): Field {
  return { name, write: (record) => record[name] ?? otherwise(record), read: same };
}

/** Names somebody. The service copies the empty name that was made up for nobody from one record to the next. */
function naming(field: Field): Field {
  return { ...field, read: (stored) => (stored === '' ? undefined : stored) };
}

/** An array, which the service writes as JSON within the JSON; older data and the documentation have it as it is. */
function jsonText(name: string): Field {
  return {
    name,
    write: ({ [name]: value }) => (Array.isArray(value) ? pythonJson(value) : value),
    read: parseArray,
  };
}

/** The text that the service's `json.dumps` gives, so that what has not changed stays the same text. */
function pythonJson(array: readonly unknown[]): string {
  const items = array.map((item) => JSON.stringify(item).replaceAll(/[^ -~]/gu, escaped));
  return `[${items.join(', ')}]`;
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** An integer; of a hash, whose values are all texts, the digits of one. */
function integer(name: string): Field {
  const read = (stored: unknown): unknown =>
    typeof stored === 'string' && /^\d{1,15}$/.test(stored) ? Number(stored) : stored;
  return { name, write: (record) => record[name], read };
}

/** Epoch seconds for what records say in ISO 8601. */
function seconds(name: string, otherwise?: number): Field {
  const write = ({ [name]: value }: Members): unknown => (value === null ? otherwise : asSeconds(value));
  return { name, write, read: asIso };
}

/** When a token was issued: `created_at` there, `issued_at` here. */
const issued: Field = {
  name: 'created_at',
  write: ({ created_at: created, issued_at: at }) => asSeconds(created ?? at),
  read: (stored) => (typeof asIso(stored) === 'string' ? undefined : stored),
};

/** The resource indicators, one or several in an array of their own name. @see RFC 8707 section 2 */
const resources: Field = {
  name: 'resources',
  write: ({ resource, resources: given }) => {
    if (typeof resource === 'string') return [resource];
    return Array.isArray(resource) ? resource : (given ?? []);
  },
  read: same,
};

const none = (): null => null;
const nothing = (): string => '';

const request: readonly Field[] = [
  plain('client_id'),
  // What no request has named, no client has to repeat.
  always('redirect_uri', none),
  always('scope', nothing),
  always('state', nothing),
  always('code_challenge', none),
  always('code_challenge_method', () => 'S256'),
  resources,
];

/** Whose it is. */
const user: readonly Field[] = [
  naming(always('user_id', ({ username }) => username ?? '')),
  naming(always('username', ({ user_id: id }) => id ?? '')),
];

/**
 * In the year 3000, in epoch seconds: the service's own scripts take an access token that names no end, and a refresh token whose key
 * has none, for one that has ended.
 */
export const NEVER = 32_503_680_000;

/** What the service writes of each kind, in its order; of sessions it knows nothing. */
export const fieldsOf: { readonly [kind in Kind]: readonly Field[] } = {
  client: [
    plain('client_id'),
    plain('client_secret'),
    integer('client_secret_expires_at'),
    integer('client_id_issued_at'),
    jsonText('redirect_uris'),
    plain('client_name'),
    plain('scope'),
    seconds('created_at'),
    jsonText('response_types'),
    jsonText('grant_types'),
    plain('registration_access_token'),
    // Documented, and written by nobody else.
    { name: 'expires_at', write: ({ expires_at: at }) => at ?? undefined, read: asIso },
  ],
  state: request,
  code: [...request, ...user, always('email', none), always('name', none)],
  token: [
    { name: 'sub', write: ({ sub, user_id: id, username }) => sub ?? id ?? username, read: same },
    naming(plain('username')),
    plain('email'),
    plain('name'),
    always('scope', nothing),
    plain('client_id'),
    issued,
    seconds('expires_at', NEVER),
  ],
  refresh: [...user, plain('client_id'), always('scope', nothing), resources, issued],
  session: [],
};

function parseArray(stored: unknown): unknown {
  if (typeof stored !== 'string') return stored;
  try {
    const parsed: unknown = JSON.parse(stored);
    return Array.isArray(parsed) ? parsed : stored;
  } catch {
    return stored;
  }
}
