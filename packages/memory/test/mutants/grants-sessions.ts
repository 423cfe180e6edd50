import type { Session, Tag } from '@oauthdb/core';
import { kindOf, nobodys, reading } from './grants.ts';
import { commitWith, type BrokenDatabase, type Mutant, type Over } from './mutant.ts';

const behaviour = 'sessions';
const schedules = 'schedules: stopped before each step, while a rival runs to its end,';

/** A database that touches sessions over a broken driver. */
const touches =
  (breaks: Parameters<Over>[0]): BrokenDatabase['betrays'] =>
  (_sound, over) => ({ sessions: { touch: (id, end) => over(breaks).sessions.touch(id, end) } });

/** A driver whose sessions stay on the lists that they were on, and are whose list they are on. */
const staying: Parameters<Over>[0] = (sound) => {
  const had = new Map<string, readonly Tag[]>();
  return {
    ...reading('session', nobodys)(sound),
    commit: commitWith(sound, (put) => {
      had.set(put.key, [...(had.get(put.key) ?? []), ...(put.tags ?? [])]);
      return { ...put, tags: had.get(put.key) ?? [] };
    }),
  };
};

export const sessions: readonly Mutant[] = [
  {
    name: 'a touch does not look whether the session is still there',
    caughtBy: `${schedules} › a touch does not bring a session back`,
    betrays: touches((sound) => ({
      commit: ({ checks: _unchecked, ...change }, at) => sound.commit(change, at),
    })),
  },
  {
    name: 'a touch makes a session that is not there',
    caughtBy: `${behaviour} › live longer when they are touched, and are never brought back`,
    betrays: (sound) => ({
      sessions: {
        touch: async (id, end) =>
          (await sound.sessions.touch(id, end)) ?? sound.sessions.store(id, { expires_at: end }),
      },
    }),
  },
  {
    name: 'a touch empties the session',
    caughtBy: `${behaviour} › live longer when they are touched, and are never brought back`,
    betrays: (sound) => ({
      sessions: {
        touch: async (id, end) => {
          const touched = await sound.sessions.touch(id, end);
          return touched === null ? null : sound.sessions.store(id, { expires_at: touched.expires_at });
        },
      },
    }),
  },
  {
    name: 'a touch says when the session ends, and leaves it to end before',
    caughtBy: `${behaviour} › live longer when they are touched, and are never brought back`,
    betrays: touches((sound) => ({ commit: ({ checks = [] }, at) => sound.commit({ checks }, at) })),
  },
  {
    name: 'a touch takes the session off the list of its user',
    caughtBy: `${behaviour} › stay on the list of their user when they are touched, beyond their first end`,
    betrays: touches((sound) => ({
      commit: commitWith(sound, ({ tags: _lost, ...put }) => put),
    })),
  },
  {
    name: 'a touch without an end means for ever',
    caughtBy: `${behaviour} › live for a day, and for another when they are touched, where nothing is said`,
    betrays: (sound) => ({ sessions: { touch: (id, end = null) => sound.sessions.touch(id, end) } }),
  },
  {
    name: 'a life is counted in seconds',
    caughtBy: `${behaviour} › come back as they were stored, and end to the millisecond`,
    breaks: (sound) => ({
      commit: commitWith(sound, (put) =>
        kindOf(put.key) === 'session' && put.expiresAt !== null
          ? { ...put, expiresAt: Math.floor(put.expiresAt / 1000) * 1000 }
          : put,
      ),
    }),
  },
  {
    name: 'a deletion says that the session was there, whether it was or not',
    caughtBy: `${behaviour} › are deleted once, whoever of fifty does`,
    betrays: (sound) => ({ sessions: { delete: async (id) => (await sound.sessions.delete(id)) || true } }),
  },
  {
    name: 'a session that is stored again is shown to the user that it had',
    caughtBy: `${behaviour} › are no longer a user’s when they are stored again for another`,
    betrays: (_sound, over) => {
      const db = over(staying);
      return {
        sessions: {
          store: (id, data) => db.sessions.store(id, data),
          list: (owner) => db.sessions.list(owner),
        },
      };
    },
  },
  {
    name: 'a session that is stored again is revoked with the user that it had',
    caughtBy: `${behaviour} › are no longer a user’s when they are stored again for another`,
    betrays: (_sound, over) => {
      const db = over(staying);
      return {
        sessions: { store: (id, data) => db.sessions.store(id, data) },
        revoke: (owner) => db.revoke(owner),
      };
    },
  },
  {
    name: 'a session that was read is kept, and given again as it is',
    caughtBy: `${behaviour} › are copies: nobody changes what is stored by changing them`,
    betrays: (sound) => {
      const kept = new Map<string, Session | null>();
      return {
        sessions: {
          get: async (id) => {
            if (!kept.has(id)) kept.set(id, await sound.sessions.get(id));
            return kept.get(id) ?? null;
          },
        },
      };
    },
  },
];
