import { randomUUID } from 'node:crypto';
import { DriverDatabase, isOAuthDatabaseError, OAuthDatabaseError, type Driver } from '@oauthdb/core';
import type { DatabaseOptions, OAuthDatabase } from '@oauthdb/core';
import { overlay, type Replacing } from '../mutants/overlay.ts';
import { pause } from '../mutants/mutant.ts';
import type { RemoteOptions } from './remote.ts';

/** A backend behind a wire that is broken in one way. */
export interface BrokenRemote {
  /** What is wrong with it. */
  readonly name: string;
  /** The case that must notice: a part of its name. */
  readonly caughtBy: string;
  readonly remote?: RemoteOptions;
  /** Whether it prints. */
  readonly prints?: boolean;
  /** Gives what replaces the sound database's methods. */
  readonly betrays?: (
    sound: OAuthDatabase,
    driver: Driver,
    options: DatabaseOptions,
  ) => Replacing<OAuthDatabase>;
}

const truth =
  'faults: every call settles, its error is true, and nothing acknowledged is lost, › while and after';

/** A driver whose calls are made by `pass`, each by its name. */
function passing(pass: <T>(method: string, work: () => Promise<T>) => Promise<T>): RemoteOptions {
  return {
    breaks: (sound) => ({
      read: (keys, at) => pass('read', () => sound.read(keys, at)),
      timeLeft: (keys, at) => pass('timeLeft', () => sound.timeLeft(keys, at)),
      take: (take, at) => pass('take', () => sound.take(take, at)),
      commit: (change, at) => pass('commit', () => sound.commit(change, at)),
      list: (where, page, at) => pass('list', () => sound.list(where, page, at)),
    }),
  };
}

/** The same database with other options. */
const instead =
  (other: DatabaseOptions) =>
  (_: OAuthDatabase, driver: Driver, options: DatabaseOptions): Replacing<OAuthDatabase> =>
    new DriverDatabase(driver, { ...options, ...other });

export const brokenRemotes: readonly BrokenRemote[] = [
  {
    name: 'waits as long as it takes',
    caughtBy: `${truth} it hangs`,
    betrays: instead({ commandTimeout: 60_000 }),
  },
  {
    name: 'carries out what comes after its deadline',
    caughtBy: 'never happens: nothing is written, deleted or used up when it goes on',
    remote: { servesLate: true },
  },
  {
    name: 'queues what fails, and sends it when it can',
    caughtBy: 'never happens: nothing is written, deleted or used up when it goes on',
    remote: {
      breaks: (sound) => ({
        commit: async (change, at) => {
          // Until the caller has given up, and long after.
          const queued = { ...at, deadline: Infinity };
          return sound.commit(change, queued);
        },
      }),
    },
  },
  {
    name: 'says that nothing was done when it does not know',
    caughtBy: `${truth} its connections are cut`,
    remote: { cutOutcome: 'not_executed' },
    betrays: instead({ maxRetriesPerRequest: 0 }),
  },
  {
    name: 'takes a write that failed for one that was made',
    caughtBy: 'is not taken for an empty one',
    remote: {
      breaks: (sound) => ({
        commit: (change, at) => sound.commit(change, at).catch(() => ({ committed: true, deleted: 1 })),
      }),
    },
  },
  {
    name: 'takes an outage for an empty store',
    caughtBy: 'is not taken for an empty one',
    remote: {
      breaks: (sound) => ({ read: (keys, at) => sound.read(keys, at).catch(() => keys.map(() => null)) }),
    },
  },
  {
    name: 'takes an outage for a code that nobody knows',
    caughtBy: 'is not taken for an empty one',
    remote: {
      breaks: (sound) => ({ take: (take, at) => sound.take(take, at).catch(() => ({ status: 'absent' })) }),
    },
  },
  {
    name: 'acknowledges first and writes later',
    caughtBy: `${truth} it is killed`,
    remote: {
      breaks: (sound) => ({
        commit: async (change, at) => {
          if (change.checks !== undefined || change.take !== undefined) return sound.commit(change, at);
          setTimeout(() => void sound.commit(change, at).catch(() => {}), 20);
          return { committed: true, deleted: change.deletes?.length ?? 0 };
        },
      }),
    },
  },
  {
    name: 'shows the key in the message of an error',
    caughtBy: 'no error of any shows a secret, › while it hangs',
    betrays: (sound) => ({
      getToken: (key) =>
        sound.getToken(key).catch((error: OAuthDatabaseError) => {
          const { code, outcome, operation } = error;
          throw new OAuthDatabaseError(code, `no answer for ${key}`, { outcome, operation });
        }),
    }),
  },
  {
    name: 'throws what its client library throws',
    caughtBy: 'no error of any shows a secret, › while nobody is there',
    betrays: (sound) => ({
      storeToken: (key, token) =>
        sound.storeToken(key, token).catch(() => {
          throw Object.assign(new Error('ECONNREFUSED'), { command: { name: 'SET', args: [key, token] } });
        }),
    }),
  },
  {
    name: 'prints what goes wrong',
    prints: true,
    caughtBy: 'closing takes a second at the most, › while the backend is not there',
    remote: passing((_, work) =>
      work().catch((error: Error) => {
        console.error('[remote] error:', error.message);
        throw error;
      }),
    ),
  },
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
          await pause();
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
    name: 'deletes what it is about to encrypt anew',
    caughtBy: 'is finished by calling it again, and meanwhile no read finds anything missing',
    remote: {
      breaks: (sound) => ({
        commit: async (change, at) => {
          const { checks = [], puts = [] } = change;
          if (checks.length > 0 && puts.length > 0) {
            await sound.commit({ checks, deletes: puts.map(({ key }) => ({ key })) }, at);
            return sound.commit({ puts }, at);
          }
          return sound.commit(change, at);
        },
      }),
    },
  },
];

/** The database of a broken backend. */
export function betrayed({ betrays }: BrokenRemote) {
  return (driver: Driver, options: DatabaseOptions): OAuthDatabase => {
    const sound = new DriverDatabase(driver, options);
    return betrays === undefined ? sound : overlay<OAuthDatabase>(sound, betrays(sound, driver, options));
  };
}
