import type { OAuthDatabase, TokenExpiry } from '@oauthdb/core';
import {
  askingLife,
  changing,
  deleting,
  deletingSeveral,
  having,
  overwriting,
  overwritingSeveral,
  reading,
  readingSeveral,
} from '../bare-operations.ts';
import { holds } from '../key-value.ts';
import { each, once, type Compared } from '../operation.ts';
import { keyOf, KEYS, LIFE_MS, newKey, newKeys, SEVERAL, severalKeys, VALUE } from '../values.ts';

const inAnHour = (): Date => new Date(Date.now() + LIFE_MS);

/** What a token is replaced by, and the other way round. */
const OTHER = 'y'.repeat(VALUE.length);

async function fill(db: OAuthDatabase): Promise<void> {
  const expiresAt = inAnHour();
  await each(0, KEYS, (i) => db.storeToken(keyOf(i), VALUE, expiresAt));
}

/** Tokens that an application holds. */
export const held = {
  storeToken: {
    command: 'SET key value PX',
    bare: overwriting,
    ours: (db) => {
      const expiresAt = inAnHour();
      return {
        call: (i) => db.storeToken(keyOf(i), VALUE, expiresAt),
        isRight: async (_, i) => holds(await db.getToken(keyOf(i))),
      };
    },
  },
  storeTokens: {
    command: `${SEVERAL} SET key value PX, sent together`,
    bare: overwritingSeveral,
    ours: (db) => {
      const expiresAt = inAnHour();
      const tokens = (i: number) => severalKeys(i).map((key) => ({ key, token: VALUE, expiresAt }));
      return {
        call: (i) => db.storeTokens(tokens(i)),
        isRight: async (_, i) => (await db.getTokens(severalKeys(i))).every(holds),
      };
    },
  },
  getToken: {
    command: 'GET key',
    bare: reading,
    ours: (db) => ({ ready: once(() => fill(db)), call: (i) => db.getToken(keyOf(i)), isRight: holds }),
  },
  getTokens: {
    command: `MGET of ${SEVERAL} keys; in a cluster ${SEVERAL} GET key, sent together`,
    bare: readingSeveral,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.getTokens(severalKeys(i)),
      isRight: (answer) => Array.isArray(answer) && answer.length === SEVERAL && answer.every(holds),
    }),
  },
  hasToken: {
    command: 'EXISTS key',
    bare: having,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.hasToken(keyOf(i)),
      isRight: async (answer) => answer === true && !(await db.hasToken('none')),
    }),
  },
  getTokenExpiry: {
    command: 'PTTL key',
    bare: askingLife,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.getTokenExpiry(keyOf(i)),
      isRight: (answer) => Number((answer as TokenExpiry | null)?.expiresAt) > Date.now(),
    }),
  },
  replaceToken: {
    command: 'GET key, then SET key value PX',
    bare: changing,
    ours: (db) => {
      const expiresAt = inAnHour();
      const current = Array.from<string>({ length: KEYS }).fill(VALUE);
      return {
        ready: once(() => fill(db)),
        call: (i) => {
          const expected = current[i % KEYS] ?? '';
          const token = expected === VALUE ? OTHER : VALUE;
          current[i % KEYS] = token;
          return db.replaceToken(keyOf(i), expected, token, expiresAt);
        },
        isRight: async (answer, i) => answer === true && (await db.getToken(keyOf(i))) === current[i % KEYS],
      };
    },
  },
  deleteToken: {
    command: 'DEL key',
    bare: deleting,
    ours: (db) => {
      const expiresAt = inAnHour();
      return {
        ready: (first, end) => each(first, end, (i) => db.storeToken(newKey(i), VALUE, expiresAt)),
        call: (i) => db.deleteToken(newKey(i)),
        isRight: async (answer, i) => answer === true && !(await db.hasToken(newKey(i))),
      };
    },
  },
  deleteTokens: {
    command: `DEL of ${SEVERAL} keys; in a cluster ${SEVERAL} DEL key, sent together`,
    bare: deletingSeveral,
    ours: (db) => {
      const expiresAt = inAnHour();
      const store = (i: number) =>
        db.storeTokens(newKeys(i).map((key) => ({ key, token: VALUE, expiresAt })));
      return {
        ready: (first, end) => each(first, end, store),
        call: (i) => db.deleteTokens(newKeys(i)),
        isRight: async (answer, i) =>
          answer === SEVERAL && (await db.getTokens(newKeys(i))).every((token) => token === null),
      };
    },
  },
} as const satisfies { readonly [operation: string]: Compared };
