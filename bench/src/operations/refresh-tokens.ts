import type { RefreshToken } from '@oauthdb/core';
import { deleting, exchanging, pairOf, reading, storing } from '../bare-operations.ts';
import { each, once, type Compared } from '../operation.ts';
import { issuedTo, keyOf, KEYS, newKey } from '../values.ts';
import { afterRegistering } from './clients.ts';
import { statusOf } from './status.ts';

/** Refresh tokens that were issued. */
export const refreshTokens = {
  'refreshTokens.store': {
    command: 'SET key value PX',
    bare: storing,
    ours: (db) => ({
      call: (i) => db.refreshTokens.store({ token: newKey(i), ...issuedTo(i) }),
      isRight: async (_, i) => (await db.refreshTokens.get(newKey(i)))?.username === issuedTo(i).username,
    }),
  },
  'refreshTokens.get': {
    command: 'GET key',
    bare: reading,
    ours: (db) => ({
      ready: once(() => each(0, KEYS, (i) => db.refreshTokens.store({ token: keyOf(i), ...issuedTo(i) }))),
      call: (i) => db.refreshTokens.get(keyOf(i)),
      isRight: (answer, i) => (answer as RefreshToken | null)?.username === issuedTo(i % KEYS).username,
    }),
  },
  'refreshTokens.rotate': {
    command: 'GETDEL key, then 2 SET key value PX, sent together',
    bare: exchanging,
    ours: (db) => {
      return {
        ready: afterRegistering(db, (i) => db.refreshTokens.store({ token: newKey(i), ...issuedTo(i) })),
        call: (i) => {
          const [jti, token] = pairOf(i);
          return db.refreshTokens.rotate(newKey(i), () => ({
            accessToken: { jti },
            refreshToken: { token },
          }));
        },
        isRight: async (answer, i) => {
          const [access, refresh] = pairOf(i);
          return (
            statusOf(answer) === 'rotated' &&
            (await db.refreshTokens.get(newKey(i))) === null &&
            (await db.refreshTokens.get(refresh)) !== null &&
            (await db.accessTokens.has(access))
          );
        },
      };
    },
  },
  'refreshTokens.revoke': {
    command: 'DEL key',
    bare: deleting,
    ours: (db) => ({
      ready: (first, end) =>
        each(first, end, (i) => db.refreshTokens.store({ token: newKey(i), ...issuedTo(i) })),
      call: (i) => db.refreshTokens.revoke(newKey(i)),
      isRight: async (answer, i) => answer === true && (await db.refreshTokens.get(newKey(i))) === null,
    }),
  },
} as const satisfies { readonly [operation: string]: Compared };
