import type { AccessToken, OAuthDatabase, TokenExpiry } from '@oauthdb/core';
import { askingLife, deleting, having, reading, storing } from '../bare-operations.ts';
import { each, once, type Compared } from '../operation.ts';
import { issuedTo, keyOf, KEYS, newKey } from '../values.ts';

async function fill(db: OAuthDatabase): Promise<void> {
  await each(0, KEYS, (i) => db.accessTokens.store({ jti: keyOf(i), ...issuedTo(i) }));
}

/** Access tokens that were issued. */
export const accessTokens = {
  'accessTokens.store': {
    command: 'SET key value PX',
    bare: storing,
    ours: (db) => ({
      call: (i) => db.accessTokens.store({ jti: newKey(i), ...issuedTo(i) }),
      isRight: async (_, i) => (await db.accessTokens.get(newKey(i)))?.jti === newKey(i),
    }),
  },
  'accessTokens.get': {
    command: 'GET key',
    bare: reading,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.accessTokens.get(keyOf(i)),
      isRight: (answer, i) => (answer as AccessToken | null)?.jti === keyOf(i),
    }),
  },
  'accessTokens.has': {
    command: 'EXISTS key',
    bare: having,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.accessTokens.has(keyOf(i)),
      isRight: async (answer) => answer === true && !(await db.accessTokens.has('none')),
    }),
  },
  'accessTokens.expiry': {
    command: 'PTTL key',
    bare: askingLife,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.accessTokens.expiry(keyOf(i)),
      isRight: (answer) => Number((answer as TokenExpiry | null)?.expiresAt) > Date.now(),
    }),
  },
  'accessTokens.revoke': {
    command: 'DEL key',
    bare: deleting,
    ours: (db) => ({
      ready: (first, end) =>
        each(first, end, (i) => db.accessTokens.store({ jti: newKey(i), ...issuedTo(i) })),
      call: (i) => db.accessTokens.revoke(newKey(i)),
      isRight: async (answer, i) => answer === true && !(await db.accessTokens.has(newKey(i))),
    }),
  },
} as const satisfies { readonly [operation: string]: Compared };
