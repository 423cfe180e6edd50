import { monotonicNow } from '@oauthdb/core';
import type { Mutant } from './mutant.ts';
import { commitWith } from './mutant.ts';

export const time: readonly Mutant[] = [
  {
    name: 'lives are rounded up to seconds',
    caughtBy: 'expiry › ends a token at its expiry, to the millisecond',
    breaks: (sound) => ({
      commit: commitWith(sound, (put, { now }) => ({
        ...put,
        expiresAt: put.expiresAt === null ? null : now + Math.ceil((put.expiresAt - now + 1) / 1000) * 1000,
      })),
    }),
  },
  {
    name: 'lives are rounded down to seconds, and none is for ever',
    caughtBy: 'expiry › neither rounds a life of less than a second up nor loses it',
    breaks: (sound) => ({
      commit: commitWith(sound, (put, { now }) => {
        if (put.expiresAt === null) return put;
        const seconds = Math.floor((put.expiresAt - now) / 1000);
        return { ...put, expiresAt: seconds === 0 ? null : now + seconds * 1000 };
      }),
    }),
  },
  {
    name: 'an overwrite without expiry keeps the old expiry',
    caughtBy: 'overwriting › clears the old expiry when the new token has none',
    breaks: (sound) => ({
      commit: commitWith(sound, async (put, at) => {
        const [left] = await sound.timeLeft([put.key], at);
        const old = typeof left === 'number' && left !== Infinity ? at.now + left : null;
        return { ...put, expiresAt: put.expiresAt ?? old };
      }),
    }),
  },
  {
    name: 'an overwrite never shortens a life',
    caughtBy: 'overwriting › moves the expiry in both directions',
    breaks: (sound) => ({
      commit: commitWith(sound, async (put, at) => {
        const [left] = await sound.timeLeft([put.key], at);
        if (put.expiresAt === null || typeof left !== 'number') return put;
        return { ...put, expiresAt: Math.max(put.expiresAt, left === Infinity ? 0 : at.now + left) };
      }),
    }),
  },
  {
    name: 'seconds are taken for milliseconds',
    caughtBy: 'expiry › tells the expiry that was stored',
    breaks: (sound) => ({
      timeLeft: async (keys, at) =>
        (await sound.timeLeft(keys, at)).map((left) =>
          left === null || left === Infinity ? left : left / 1000,
        ),
    }),
  },
  {
    name: 'an index has no expiry: it lists what has expired long ago',
    caughtBy: 'does not outgrow its live members',
    breaks: (sound) => {
      const ever = new Map<string, Set<string>>();
      return {
        commit: async (change, at) => {
          for (const { tags = [] } of change.puts ?? []) {
            for (const { name, member } of tags) ever.set(name, (ever.get(name) ?? new Set()).add(member));
          }
          return sound.commit(change, at);
        },
        list: async (where, page, at) =>
          'tag' in where
            ? { items: [...(ever.get(where.tag.name) ?? [])], next: null }
            : sound.list(where, page, at),
      };
    },
  },
  {
    name: 'a change is made although its deadline is over',
    caughtBy: 'changes › do nothing after their deadline, and say so',
    breaks: (sound) => ({
      commit: (change, at) => sound.commit(change, { ...at, deadline: monotonicNow() + 1000 }),
    }),
  },
  {
    name: 'what has expired still counts when it is deleted',
    caughtBy: 'changes › treat what has expired as absent',
    breaks: (sound) => ({
      commit: async (change, at) => {
        const done = await sound.commit(change, at);
        return { ...done, deleted: done.committed ? (change.deletes ?? []).length : 0 };
      },
    }),
  },
];
