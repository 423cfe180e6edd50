import type { AccessToken, OAuthDatabase, RefreshToken, Session } from '@oauthdb/core';
import { deleteBoth, either, following, mirror, union, unionPage, type Pair } from './pair.ts';

/** Brings an access token to where it is in the one that decides. */
export function mirrorAccessToken({ old, next }: Pair, jti: string): Promise<unknown> {
  return mirror<AccessToken>({
    read: () => old.accessTokens.get(jti),
    put: (record) => next.accessTokens.store(record),
    remove: () => next.accessTokens.revoke(jti),
  });
}

/** The same of a refresh token; of one that was rotated, the one that follows knows nothing. */
export function mirrorRefreshToken({ old, next }: Pair, token: string): Promise<unknown> {
  return mirror<RefreshToken>({
    read: () => old.refreshTokens.get(token),
    put: ({ handle: _handle, ...record }) => next.refreshTokens.store({ ...record, token }),
    remove: () => next.refreshTokens.revoke(token),
  });
}

function mirrorSession({ old, next }: Pair, id: string): Promise<unknown> {
  return mirror<Session>({
    read: () => old.sessions.get(id),
    put: ({ handle: _handle, ...record }) => next.sessions.store(id, record),
    remove: () => next.sessions.delete(id),
  });
}

export function dualAccessTokens(pair: Pair): OAuthDatabase['accessTokens'] {
  const { old, next } = pair;
  return {
    async store(token) {
      const stored = await old.accessTokens.store(token);
      await mirrorAccessToken(pair, stored.jti);
      return stored;
    },
    get: (jti) => either(pair, (db) => db.accessTokens.get(jti)),
    has: async (jti) => (await next.accessTokens.has(jti)) || old.accessTokens.has(jti),
    expiry: (jti) => either(pair, (db) => db.accessTokens.expiry(jti)),
    revoke: (jti) =>
      deleteBoth({
        isOld: () => old.accessTokens.has(jti),
        next: () => next.accessTokens.revoke(jti),
        old: () => old.accessTokens.revoke(jti),
      }),
    list: (owner) =>
      union(
        pair,
        (db) => db.accessTokens.list(owner),
        ({ jti }) => jti,
      ),
    listPage: (owner, { after } = {}) =>
      unionPage(
        pair,
        after,
        (db, from) => db.accessTokens.listPage(owner, from),
        ({ jti }) => next.accessTokens.has(jti),
      ),
  };
}

export function dualRefreshTokens(pair: Pair): OAuthDatabase['refreshTokens'] {
  const { old, next } = pair;
  return {
    async store(refreshToken) {
      const stored = await old.refreshTokens.store(refreshToken);
      await mirrorRefreshToken(pair, refreshToken.token);
      return stored;
    },
    get: (token) => either(pair, (db) => db.refreshTokens.get(token)),
    async rotate(token, successor) {
      if (typeof successor !== 'function') throw new TypeError('next must be a function');
      const rotated = await old.refreshTokens.rotate(token, async (current) => {
        const rotation = await successor(current);
        // Before it is decided: if this ends half-way, the token is read where it is known as rotated, or still good.
        if (rotation !== null) await next.refreshTokens.revoke(token);
        return rotation;
      });
      if (rotated.status === 'not_found') return next.refreshTokens.rotate(token, successor);
      if (rotated.status === 'reused') await following(() => next.revoke({ grantId: rotated.grant_id }));
      if (rotated.status !== 'rotated') return rotated;
      await mirrorRefreshToken(pair, token);
      if (rotated.token !== null) await mirrorRefreshToken(pair, rotated.token);
      if (rotated.accessToken !== null) await mirrorAccessToken(pair, rotated.accessToken.jti);
      return rotated;
    },
    revoke: (token) =>
      deleteBoth({
        isOld: async () => (await old.refreshTokens.get(token)) !== null,
        next: () => next.refreshTokens.revoke(token),
        old: () => old.refreshTokens.revoke(token),
      }),
    list: (owner) =>
      union(
        pair,
        (db) => db.refreshTokens.list(owner),
        ({ handle }) => handle,
      ),
    listPage: (owner, { after } = {}) =>
      unionPage(
        pair,
        after,
        (db, from) => db.refreshTokens.listPage(owner, from),
        listedAlready(() => next.refreshTokens.list(owner)),
      ),
  };
}

export function dualSessions(pair: Pair): OAuthDatabase['sessions'] {
  const { old, next } = pair;
  return {
    async store(id, data) {
      const stored = await old.sessions.store(id, data);
      await mirrorSession(pair, id);
      return stored;
    },
    get: (id) => either(pair, (db) => db.sessions.get(id)),
    async touch(id, expiresAt) {
      const touched = await old.sessions.touch(id, expiresAt);
      if (touched === null) return next.sessions.touch(id, expiresAt);
      await mirrorSession(pair, id);
      return touched;
    },
    delete: (id) =>
      deleteBoth({
        isOld: async () => (await old.sessions.get(id)) !== null,
        next: () => next.sessions.delete(id),
        old: () => old.sessions.delete(id),
      }),
    list: (owner) =>
      union(
        pair,
        (db) => db.sessions.list(owner),
        ({ handle }) => handle,
      ),
    listPage: (owner, { after } = {}) =>
      unionPage(
        pair,
        after,
        (db, from) => db.sessions.listPage(owner, from),
        listedAlready(() => next.sessions.list(owner)),
      ),
  };
}

/** Whether a listing has an item, by its handle, which leads to nothing but itself. The listing is read when somebody asks. */
function listedAlready<T extends { readonly handle: string }>(
  list: () => AsyncIterable<T>,
): (item: T) => Promise<boolean> {
  let handles: Promise<Set<string>> | undefined;
  const read = async (): Promise<Set<string>> => {
    const found = new Set<string>();
    for await (const { handle } of list()) found.add(handle);
    return found;
  };
  return async ({ handle }) => (await (handles ??= read())).has(handle);
}
