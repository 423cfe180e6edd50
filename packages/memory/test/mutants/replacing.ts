import type { Mutant } from './mutant.ts';
import { pause } from './mutant.ts';

const which = (name: string): string => `replacing a token that is still the expected one › ${name}`;

export const replacing: readonly Mutant[] = [
  {
    name: 'a token is stored where there is one',
    caughtBy: which('stores one where there is none'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) => {
        if (expected !== null || token === null) return sound.replaceToken(key, expected, token, expiresAt);
        await sound.storeToken(key, token, expiresAt);
        return true;
      },
    }),
  },
  {
    name: 'what begins alike is the same token',
    caughtBy: which('replaces and deletes what is expected, and nothing else'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) => {
        const stored = await sound.getToken(key);
        const alike = stored !== null && expected !== null && stored.startsWith(expected);
        return sound.replaceToken(key, alike ? stored : expected, token, expiresAt);
      },
    }),
  },
  {
    name: 'a replacement keeps the old expiry',
    caughtBy: which('gives it the expiry that is named'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) => {
        const old = (await sound.getTokenExpiry(key))?.expiresAt ?? undefined;
        return sound.replaceToken(key, expected, token, token === null ? undefined : (expiresAt ?? old));
      },
    }),
  },
  {
    name: 'a replacement that has ended changes nothing',
    caughtBy: which('stores nothing that has ended'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) =>
        expiresAt !== undefined && expiresAt.getTime() < 1_700_000_000_000
          ? (await sound.getToken(key)) === expected
          : sound.replaceToken(key, expected, token, expiresAt),
    }),
  },
  {
    name: 'what has ended is still expected',
    caughtBy: which('takes what has ended for none'),
    betrays: (sound) => {
      const last = new Map<string, string>();
      return {
        storeToken: async (key, token, expiresAt) => {
          last.set(key, token);
          await sound.storeToken(key, token, expiresAt);
        },
        replaceToken: async (key, expected, token, expiresAt) => {
          const ended = expected !== null && last.get(key) === expected && !(await sound.hasToken(key));
          return sound.replaceToken(key, ended ? null : expected, token, expiresAt);
        },
      };
    },
  },
  {
    name: 'a replacement looks first, and then stores',
    caughtBy: which('is done by one of fifty'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) => {
        if ((await sound.getToken(key)) !== expected) return false;
        await pause();
        if (token === null) return sound.deleteToken(key);
        await sound.storeToken(key, token, expiresAt);
        return true;
      },
    }),
  },
  {
    name: 'a replacement looks first, and then deletes, whoever came between',
    caughtBy: which('is done by one of two who meet, in every order'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) => {
        if (expected === null || token === null) return sound.replaceToken(key, expected, token, expiresAt);
        if ((await sound.getToken(key)) !== expected) return false;
        await sound.deleteToken(key);
        return sound.replaceToken(key, null, token, expiresAt);
      },
    }),
  },
  {
    name: 'tokens are compared as they are stored',
    caughtBy: which('is done where the same token was only sealed anew meanwhile'),
    betrays: (_, over) => {
      // It is not looked at again once somebody else has written.
      const once = over((driver) => {
        let lost = false;
        return {
          read: async (keys, at) => (lost ? keys.map(() => null) : driver.read(keys, at)),
          commit: async (change, at) => {
            const done = await driver.commit(change, at);
            lost ||= !done.committed;
            return done;
          },
        };
      });
      return {
        replaceToken: (key, expected, token, expiresAt) => once.replaceToken(key, expected, token, expiresAt),
      };
    },
  },
  {
    name: 'a replacement whose reply was lost is done once more, and finds its own token',
    caughtBy: which('is known to be done when a reply was lost'),
    betrays: (_, over) => {
      const hasty = over(() => ({}), { maxRetriesPerRequest: 0 });
      return {
        replaceToken: (key, expected, token, expiresAt) =>
          hasty
            .replaceToken(key, expected, token, expiresAt)
            .catch(() => hasty.replaceToken(key, expected, token, expiresAt)),
      };
    },
  },
  {
    name: 'what nobody knows has failed',
    caughtBy: which('is never said to have failed when a reply was lost'),
    betrays: (sound) => ({
      replaceToken: (key, expected, token, expiresAt) =>
        sound.replaceToken(key, expected, token, expiresAt).catch((error: unknown) => {
          if (error instanceof TypeError) throw error;
          return false;
        }),
    }),
  },
  {
    name: 'nothing in place of nothing is fine',
    caughtBy: which('refuses what it cannot mean'),
    betrays: (sound) => ({
      replaceToken: async (key, expected, token, expiresAt) =>
        expected === null && token === null
          ? !(await sound.hasToken(key))
          : sound.replaceToken(key, expected, token, expiresAt),
    }),
  },
];
