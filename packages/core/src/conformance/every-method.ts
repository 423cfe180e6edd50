import type { OAuthDatabase } from '../oauth-database.ts';
import { collect } from './tools.ts';

/** What the methods are called with. */
export interface Words {
  readonly client_id: string;
  readonly username: string;
  readonly state: string;
  readonly code: string;
  readonly jti: string;
  readonly token: string;
  readonly session: string;
}

const plain: Words = {
  client_id: 'c',
  username: 'u',
  state: 's',
  code: 'c',
  jti: 'j',
  token: 'r',
  session: 's',
};

/** Every method of what is issued. */
export function everyMethod(db: OAuthDatabase, words: Words = plain): Record<string, () => Promise<unknown>> {
  const { client_id, username, state, code, jti, token: refresh, session } = words;
  const token = { client_id, jti, token: refresh };
  return {
    'clients.register': () => db.clients.register({ client_id }),
    'clients.get': () => db.clients.get(client_id),
    'clients.update': () => db.clients.update(client_id, {}),
    'clients.delete': () => db.clients.delete(client_id),
    'clients.list': () => collect(db.clients.list()),
    'clients.list of a user': () => collect(db.clients.list({ username })),
    'clients.listPage': () => db.clients.listPage(),
    'states.store': () => db.states.store(state, { client_id }),
    'states.consume': () => db.states.consume(state),
    'codes.store': () => db.codes.store(code, { client_id }),
    'codes.peek': () => db.codes.peek(code),
    'codes.consume': () => db.codes.consume(code, { client_id }),
    'accessTokens.store': () => db.accessTokens.store(token),
    'accessTokens.get': () => db.accessTokens.get(jti),
    'accessTokens.has': () => db.accessTokens.has(jti),
    'accessTokens.expiry': () => db.accessTokens.expiry(jti),
    'accessTokens.revoke': () => db.accessTokens.revoke(jti),
    'accessTokens.list': () => collect(db.accessTokens.list({ username })),
    'accessTokens.listPage': () => db.accessTokens.listPage({ username }),
    'refreshTokens.store': () => db.refreshTokens.store(token),
    'refreshTokens.get': () => db.refreshTokens.get(refresh),
    'refreshTokens.rotate': () => db.refreshTokens.rotate(refresh, () => null),
    'refreshTokens.revoke': () => db.refreshTokens.revoke(refresh),
    'refreshTokens.list': () => collect(db.refreshTokens.list({ username })),
    'refreshTokens.listPage': () => db.refreshTokens.listPage({ username }),
    'sessions.store': () => db.sessions.store(session, { username }),
    'sessions.get': () => db.sessions.get(session),
    'sessions.touch': () => db.sessions.touch(session),
    'sessions.delete': () => db.sessions.delete(session),
    'sessions.list': () => collect(db.sessions.list({ username })),
    'sessions.listPage': () => db.sessions.listPage({ username }),
    issue: () => db.issue({ client_id, accessToken: { jti } }),
    'issue for a code': () => db.issue({ client_id, code, accessToken: { jti } }),
    revoke: () => db.revoke({ username }),
  };
}

/** Every method of the tokens that are held. */
export function everyHeldMethod(
  db: OAuthDatabase,
  key: string,
  token: string,
): Record<string, () => Promise<unknown>> {
  return {
    storeToken: () => db.storeToken(key, token),
    getToken: () => db.getToken(key),
    hasToken: () => db.hasToken(key),
    deleteToken: () => db.deleteToken(key),
    getTokenExpiry: () => db.getTokenExpiry(key),
    getTokens: () => db.getTokens([key, `${key}2`]),
    storeTokens: () => db.storeTokens([{ key, token }]),
    deleteTokens: () => db.deleteTokens([key, `${key}2`]),
    listTokens: () => db.listTokens(),
    scanTokens: () => collect(db.scanTokens()),
  };
}
