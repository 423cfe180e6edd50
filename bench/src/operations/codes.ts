import type { Code } from '@oauthdb/core';
import { reading, storing, taking } from '../bare-operations.ts';
import { each, once, type Compared } from '../operation.ts';
import { issuedTo, keyOf, KEYS, LIFE_MS, newKey } from '../values.ts';
import { statusOf } from './status.ts';

/** Longer than a code lives, so that it is still there however long the others take. */
const inAnHour = (): Date => new Date(Date.now() + LIFE_MS);

/** Authorization codes. */
export const codes = {
  'codes.store': {
    command: 'SET key value PX',
    bare: storing,
    ours: (db) => ({
      call: (i) => db.codes.store(newKey(i), issuedTo(i)),
      isRight: async (_, i) => (await db.codes.peek(newKey(i)))?.username === issuedTo(i).username,
    }),
  },
  'codes.peek': {
    command: 'GET key',
    bare: reading,
    ours: (db) => {
      const expires_at = inAnHour();
      return {
        ready: once(() => each(0, KEYS, (i) => db.codes.store(keyOf(i), { ...issuedTo(i), expires_at }))),
        call: (i) => db.codes.peek(keyOf(i)),
        isRight: (answer, i) => (answer as Code | null)?.username === issuedTo(i % KEYS).username,
      };
    },
  },
  'codes.consume': {
    command: 'GETDEL key',
    bare: taking,
    ours: (db) => ({
      ready: (first, end) => each(first, end, (i) => db.codes.store(newKey(i), issuedTo(i))),
      call: (i) => db.codes.consume(newKey(i), { client_id: issuedTo(i).client_id }),
      isRight: async (answer, i) =>
        statusOf(answer) === 'consumed' && (await db.codes.peek(newKey(i))) === null,
    }),
  },
} as const satisfies { readonly [operation: string]: Compared };
