import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverDatabase, isOAuthDatabaseError, type OAuthDatabaseError } from '@oauthdb/core';
import { instead, truth, type BrokenRemote } from './broken.ts';

/** What does something else than it says. */
export const brokenEffects: readonly BrokenRemote[] = [
  {
    name: 'closes when its calls have ended, and never otherwise',
    caughtBy: 'closing takes a second at the most, › while the backend hangs',
    betrays: (sound) => {
      const underWay = new Set<Promise<unknown>>();
      return {
        getToken: (key) => {
          const call = sound.getToken(key);
          underWay.add(call);
          call.then(
            () => underWay.delete(call),
            () => {},
          );
          return call;
        },
        close: async () => {
          while (underWay.size > 0) await new Promise((resolve) => setTimeout(resolve, 50).unref());
          await sound.close();
        },
      };
    },
  },
  {
    name: 'does not know its own attempt again',
    caughtBy: 'every code is redeemed by who redeemed it, and burnt for nobody',
    remote: {
      breaks: (sound) => ({ take: (take, at) => sound.take({ ...take, attempt: randomUUID() }, at) }),
    },
  },
  {
    name: 'does not know its own rotation again',
    caughtBy: 'every rotation gives its own successor, and none is taken for theft',
    betrays: (sound, driver, options) => {
      const once = new DriverDatabase(driver, { ...options, maxRetriesPerRequest: 0 });
      return {
        refreshTokens: {
          rotate: async (token, next) => {
            for (;;) {
              try {
                return await once.refreshTokens.rotate(token, next);
              } catch (error) {
                if (!isOAuthDatabaseError(error) || error.code !== 'OAUTHDB_UNAVAILABLE') throw error;
              }
            }
          },
        },
      };
    },
  },
  {
    name: 'redeems a code by reading and deleting it',
    caughtBy: 'of twenty who redeem one code, one has it, › five hundred times',
    remote: {
      breaks: (sound) => ({
        take: async (take, at) => {
          const [entry] = await sound.read([take.key], at);
          if (entry === null || entry === undefined) return sound.take(take, at);
          await sound.commit({ deletes: [{ key: take.key }] }, at);
          return { status: 'taken', value: entry.value };
        },
      }),
    },
  },
  {
    name: 'rotates whatever has changed meanwhile',
    caughtBy: 'one at the most has a successor',
    remote: {
      breaks: (sound) => ({ commit: ({ checks: _ignored, ...change }, at) => sound.commit(change, at) }),
    },
  },
  {
    name: 'takes a revocation that failed for one that was made',
    caughtBy: 'leaves nothing of what was issued or rotated beside it',
    betrays: (_, driver, options) => {
      const once = new DriverDatabase(driver, { ...options, maxRetriesPerRequest: 0 });
      const nothing = { accessTokens: 0, refreshTokens: 0, codes: 0, sessions: 0 };
      return { revoke: (owner) => once.revoke(owner).catch(() => nothing) };
    },
  },
  {
    name: 'lists what it has stored in a second step',
    caughtBy: 'lists every token that can be read, and has every one that was acknowledged',
    remote: {
      breaks: (sound) => ({
        commit: async (change, at) => {
          const { puts = [] } = change;
          const done = await sound.commit(
            { ...change, puts: puts.map(({ tags: _later, ...put }) => put) },
            at,
          );
          // For longer than the case waits before it kills.
          await sleep(100);
          if (done.committed && puts.length > 0) await sound.commit({ puts }, at);
          return done;
        },
      }),
    },
  },
  {
    name: 'takes no for a yes when it is full',
    caughtBy: 'says so, keeps what it has',
    remote: {
      breaks: (sound) => ({
        commit: (change, at) =>
          sound.commit(change, at).catch((error: OAuthDatabaseError) => {
            if (error.code === 'OAUTHDB_STORE_FULL') return { committed: true, deleted: 0 };
            throw error;
          }),
      }),
    },
  },
  {
    name: 'lets in whoever comes',
    caughtBy: 'learn at once that there are too many',
    betrays: instead({ maxCallsInFlight: 1_000_000 }),
  },
  {
    name: 'takes whatever answer comes for its own',
    caughtBy: `${truth} its answers make no sense`,
    betrays: (_, driver, { secrets: _none, ...options }) => new DriverDatabase(driver, options),
  },
  {
    name: 'puts the secrets themselves into the names of keys',
    caughtBy: `${truth} its answers are late`,
    betrays: instead({ handles: 'plain' }),
  },
  {
    name: 'seals nothing although it has a key',
    caughtBy: 'no error of any shows a secret, › while its answers are late',
    betrays: (_, driver, { secrets: _none, ...options }) => new DriverDatabase(driver, options),
  },
  {
    name: 'keeps a list of tokens as base64',
    caughtBy: 'no error of any shows a secret, › while its answers are late',
    betrays: (sound) => ({
      storeToken: async (key, token) => {
        await sound.storeToken(`seen:${Buffer.from(token).toString('base64')}`, 'yes');
        await sound.storeToken(key, token);
      },
    }),
  },
  {
    name: 'prints a token on standard output',
    prints: true,
    caughtBy: 'no error of any shows a secret, › while its answers are late',
    betrays: (sound) => ({
      storeToken: (key, token) => {
        process.stdout.write(`storing ${token}\n`);
        return sound.storeToken(key, token);
      },
    }),
  },
  {
    name: 'deletes what it is about to encrypt anew',
    caughtBy: 'is finished by calling it again, and meanwhile no read finds anything missing',
    remote: {
      breaks: (sound) => ({
        commit: async (change, at) => {
          const { checks = [], puts = [] } = change;
          if (checks.length > 0 && puts.length > 0) {
            await sound.commit({ checks, deletes: puts.map(({ key }) => ({ key })) }, at);
            // For as long as it takes to read what is missing meanwhile.
            await sleep(100);
            return sound.commit({ puts }, at);
          }
          return sound.commit(change, at);
        },
      }),
    },
  },
];
