import type { RecordName } from './oauth-record.ts';

/** What one pair of parts is stored under. */
export interface Keys {
  credentials(serverUrl: string): string;
  pkce(userId: string, state: string): string;
  token(userId: string, url: string): string;
  /** What is kept of a token for its refresh token. */
  kept(userId: string, url: string): string;
  /** What is stored under a key; `null` for a key that is none of the above. */
  parse(key: string): StoredUnder | null;
}

export interface StoredUnder {
  readonly name: RecordName;
  /** Whether it is what is kept of a token for its refresh token. */
  readonly isKept: boolean;
}

/** Keys of our own: parts are encoded, so that different parts never give one key. */
export const encodedKeys: Keys = {
  credentials: (serverUrl) => join('client_credentials', serverUrl),
  pkce: (userId, state) => join('pkce', userId, state),
  token: (userId, url) => join('access_token', userId, url),
  kept: (userId, url) => join('refresh_token', userId, url),
  parse: (key) => parsed(key, ''),
};

/**
 * The keys of ATXP's `RedisOAuthDb`, which joins parts with colons as they are: `a:b` and `c` give the key of `a` and `b:c`.
 *
 * Where a key can be read in one way only, as with every user, URL and state of the ATXP SDK, it is ATXP's. The others are
 * encoded, under words that ATXP does not use.
 */
export const atxpKeys: Keys = {
  credentials: (serverUrl) => `client_credentials:${serverUrl}`,
  pkce: (userId, state) =>
    state.includes(':') ? join('pkce.encoded', userId, state) : `pkce:${userId}:${state}`,
  token: (userId, url) => tokenKey('access_token', userId, url),
  kept: (userId, url) => tokenKey('refresh_token', userId, url),
  parse: (key) => parsed(key, '.encoded') ?? plain(key),
};

function tokenKey(word: string, userId: string, url: string): string {
  // A user without `://` ends where the first `:http://` begins, or, where there is none, at the last colon.
  const isPlain = !userId.includes('://') && (url === '' || /^https?:\/\//.test(url));
  return isPlain ? `${word}:${userId}:${url}` : join(`${word}.encoded`, userId, url);
}

function join(word: string, ...parts: readonly string[]): string {
  return [word, ...parts.map(encoded)].join(':');
}

function encoded(part: string): string {
  return part.replaceAll('%', '%25').replaceAll(':', '%3A');
}

/** Reads a key of {@link join}; `suffix` ends the words that have parts in pairs. */
function parsed(key: string, suffix: string): StoredUnder | null {
  const [word = '', ...rest] = key.split(':');
  const [one, other, ...more] = rest.map(decoded);
  if (one === undefined || more.length > 0) return null;
  if (other === undefined) {
    return word === 'client_credentials' && suffix === ''
      ? stored({ kind: 'client_credentials', serverUrl: one })
      : null;
  }
  return pair(word, suffix, one, other);
}

/** Reads a key of ATXP's. Only its own data can be read in two ways: those of users that hold `:http://`, and of states with colons. */
function plain(key: string): StoredUnder | null {
  const [, word = '', rest = ''] = /^(\w+):(.*)$/s.exec(key) ?? [];
  if (word === 'client_credentials') return stored({ kind: 'client_credentials', serverUrl: rest });
  const ofUrl = word === 'pkce' ? null : /^(.*?):(https?:\/\/.*)$/s.exec(rest);
  const [, one, other] = ofUrl ?? /^(.*):(.*)$/s.exec(rest) ?? [];
  return one === undefined || other === undefined ? null : pair(word, '', one, other);
}

function pair(word: string, suffix: string, userId: string, other: string): StoredUnder | null {
  switch (word) {
    case `pkce${suffix}`:
      return stored({ kind: 'pkce', userId, state: other });
    case `access_token${suffix}`:
      return stored({ kind: 'access_token', userId, url: other });
    case `refresh_token${suffix}`:
      return { name: { kind: 'access_token', userId, url: other }, isKept: true };
    default:
      return null;
  }
}

function stored(name: RecordName): StoredUnder {
  return { name, isKept: false };
}

function decoded(part: string): string {
  return part.replaceAll('%3A', ':').replaceAll('%25', '%');
}
