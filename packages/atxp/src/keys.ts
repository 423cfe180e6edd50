/** What one pair of parts is stored under. */
export interface Keys {
  credentials(serverUrl: string): string;
  pkce(userId: string, state: string): string;
  token(userId: string, url: string): string;
  /** What is kept of a token for its refresh token. */
  kept(userId: string, url: string): string;
}

/** Keys of our own: parts are encoded, so that different parts never give one key. */
export const encodedKeys: Keys = {
  credentials: (serverUrl) => join('client_credentials', serverUrl),
  pkce: (userId, state) => join('pkce', userId, state),
  token: (userId, url) => join('access_token', userId, url),
  kept: (userId, url) => join('refresh_token', userId, url),
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
