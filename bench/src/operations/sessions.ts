import type { Session, SessionData } from '@oauthdb/core';
import { deleting, prolonging, reading, storing } from '../bare-operations.ts';
import { each, once, type Compared } from '../operation.ts';
import { issuedTo, keyOf, KEYS, LIFE_MS, newKey } from '../values.ts';

function session(i: number): SessionData {
  return { username: issuedTo(i).username, authenticated_by: 'password', locale: 'en' };
}

/** Sessions of users. */
export const sessions = {
  'sessions.store': {
    command: 'SET key value PX',
    bare: storing,
    ours: (db) => ({
      call: (i) => db.sessions.store(newKey(i), session(i)),
      isRight: async (_, i) => (await db.sessions.get(newKey(i)))?.username === issuedTo(i).username,
    }),
  },
  'sessions.get': {
    command: 'GET key',
    bare: reading,
    ours: (db) => ({
      ready: once(() => each(0, KEYS, (i) => db.sessions.store(keyOf(i), session(i)))),
      call: (i) => db.sessions.get(keyOf(i)),
      isRight: (answer, i) => (answer as Session | null)?.username === issuedTo(i % KEYS).username,
    }),
  },
  'sessions.touch': {
    command: 'PEXPIRE key',
    bare: prolonging,
    ours: (db) => {
      const [soon, later] = [new Date(Date.now() + LIFE_MS), new Date(Date.now() + 2 * LIFE_MS)];
      return {
        ready: once(() =>
          each(0, KEYS, (i) => db.sessions.store(keyOf(i), { ...session(i), expires_at: soon })),
        ),
        call: (i) => db.sessions.touch(keyOf(i), later),
        isRight: async (_, i) => (await db.sessions.get(keyOf(i)))?.expires_at === later.toISOString(),
      };
    },
  },
  'sessions.delete': {
    command: 'DEL key',
    bare: deleting,
    ours: (db) => ({
      ready: (first, end) => each(first, end, (i) => db.sessions.store(newKey(i), session(i))),
      call: (i) => db.sessions.delete(newKey(i)),
      isRight: async (answer, i) => answer === true && (await db.sessions.get(newKey(i))) === null,
    }),
  },
} as const satisfies { readonly [operation: string]: Compared };
