import { OAuthDatabaseError } from '@oauthdb/core';
import { instead, truth, type BrokenRemote } from './broken.ts';
import type { RemoteOptions } from './remote.ts';

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

/** What does not answer, or not truly. */
export const brokenAnswers: readonly BrokenRemote[] = [
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
];
