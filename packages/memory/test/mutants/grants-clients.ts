import type { Client, ClientMetadata, When } from '@oauthdb/core';
import { hiding, issues, kindOf, nothing, rotates } from './grants.ts';
import { commitWith, pause, type BrokenDatabase, type Mutant, type Over } from './mutant.ts';

const behaviour = 'client registrations';
const schedules = 'schedules: stopped before each step, while a rival runs to its end,';

type Breaks = Parameters<Over>[0];

/** A driver that does not check registrations. */
const unchecked: Breaks = (sound) => ({
  commit: ({ checks = [], ...change }, at) =>
    sound.commit({ ...change, checks: checks.filter(({ key }) => kindOf(key) !== 'client') }, at),
});

type Change = Partial<ClientMetadata> & { readonly expires_at?: When | undefined };

/** A database that makes something else of what a registration is to become. */
const changes =
  (alter: (change: Change, current: Client) => Change): BrokenDatabase['betrays'] =>
  (sound) => ({
    clients: {
      update: (id, change) =>
        sound.clients.update(id, async (current) =>
          alter(typeof change === 'function' ? await change(current) : change, current),
        ),
    },
  });

export const clients: readonly Mutant[] = [
  {
    name: 'to register overwrites',
    caughtBy: `${behaviour} › are made once: fifty who register one id find one that did`,
    betrays: (_sound, over) => ({
      clients: { register: (metadata) => over(unchecked).clients.register(metadata) },
    }),
  },
  {
    name: 'to register looks first, and writes then',
    caughtBy: `${behaviour} › are made once: fifty who register one id find one that did`,
    betrays: (sound, over) => ({
      clients: {
        register: async (metadata) => {
          if (await sound.clients.get(metadata.client_id)) return { status: 'already_registered' };
          await pause();
          return over(unchecked).clients.register(metadata);
        },
      },
    }),
  },
  {
    name: 'an id whose registration has ended stays taken',
    caughtBy: `${behaviour} › may be made again when they have expired or were deleted`,
    betrays: (_sound, over) => ({
      clients: {
        register: (metadata) =>
          over((sound) => ({
            commit: async (change, at) => {
              const keys = (change.checks ?? []).map(({ key }) => key);
              const before = await sound.read(keys, { ...at, now: 0 });
              if (before.some((entry) => entry !== null)) return { committed: false, deleted: 0 };
              return sound.commit(change, at);
            },
          })).clients.register(metadata),
      },
    }),
  },
  {
    name: 'registrations keep the members that this library knows',
    caughtBy: `${behaviour} › come back as they were stored, with members that nobody knows, for 90 days`,
    betrays: (sound) => ({
      clients: {
        register: ({ software_statement: _dropped, 'x-nested': _too, ...metadata }) =>
          sound.clients.register(metadata),
      },
    }),
  },
  {
    name: 'a registration comes back without its secret',
    caughtBy: `${behaviour} › come back as they were stored, with members that nobody knows, for 90 days`,
    betrays: (sound) => ({
      clients: {
        get: async (id) => {
          const client = await sound.clients.get(id);
          if (client === null) return null;
          const { client_secret: _kept, ...shown } = client;
          return shown;
        },
      },
    }),
  },
  {
    name: 'ids are compared without regard to case',
    caughtBy: `${behaviour} › keep ids of any form apart, and refuse what is none`,
    betrays: (_sound, over) => {
      const folding = over((driver) => {
        const folded = (key: string): string =>
          kindOf(key) === 'client' ? key.replace(/:client:.*/s, (end) => end.toLowerCase()) : key;
        return {
          commit: commitWith(driver, (put) => ({ ...put, key: folded(put.key) })),
          read: (keys, at) => driver.read(keys.map(folded), at),
        };
      });
      return { clients: { register: (metadata) => folding.clients.register(metadata) } };
    },
  },
  {
    name: 'a change writes what it has read, whatever was changed meanwhile',
    caughtBy: `${schedules} › two changes of a registration both count`,
    betrays: (_sound, over) => ({
      clients: { update: (id, change) => over(unchecked).clients.update(id, change) },
    }),
  },
  {
    name: 'a change brings back what was deleted meanwhile',
    caughtBy: `${schedules} › a change of a registration does not bring it back`,
    betrays: (_sound, over) => ({
      clients: {
        update: (id, change) =>
          over((sound) => ({
            commit: async ({ checks = [], ...more }, at) => {
              const there = await sound.read(
                [...checks].map(({ key }) => key),
                at,
              );
              return sound.commit({ ...more, checks: checks.filter((_, i) => there[i] != null) }, at);
            },
          })).clients.update(id, change),
      },
    }),
  },
  {
    name: 'a change makes what is not there',
    caughtBy: `${behaviour} › are not brought back by a change that comes after their end`,
    betrays: (sound) => ({
      clients: {
        update: async (id, change) => {
          const updated = await sound.clients.update(id, change);
          if (updated !== null || typeof change === 'function') return updated;
          await sound.clients.register({ ...change, client_id: id });
          return sound.clients.get(id);
        },
      },
    }),
  },
  {
    name: 'a change replaces the registration',
    caughtBy: `${behaviour} › keep both of two changes that were made at once`,
    betrays: changes((change, current) => ({
      ...Object.fromEntries(Object.keys(current).map((name) => [name, undefined])),
      ...change,
    })),
  },
  {
    name: 'a change gives the registration a new life',
    caughtBy: `${behaviour} › lose a member that a change sets to undefined, and keep their id, age and life`,
    betrays: changes((change) => ({ expires_at: '2050-01-01T00:00Z', ...change })),
  },
  {
    name: 'a change removes nothing',
    caughtBy: `${behaviour} › lose a member that a change sets to undefined, and keep their id, age and life`,
    betrays: changes((change) => JSON.parse(JSON.stringify(change)) as typeof change),
  },
  {
    name: 'a deletion leaves refresh tokens',
    caughtBy: `${behaviour} › take everything issued to the client with them, and say how much`,
    betrays: (_sound, over) => ({
      clients: { delete: (id) => over(hiding((kind) => kind === 'refresh')).clients.delete(id) },
    }),
  },
  {
    name: 'a deletion takes everything of the users as well',
    caughtBy: `${behaviour} › take everything issued to the client with them, and say how much`,
    betrays: (sound) => ({
      clients: {
        delete: async (id) => {
          const users = new Set<string>();
          for await (const { username } of sound.accessTokens.list({ clientId: id })) {
            if (username !== undefined) users.add(username);
          }
          const deleted = await sound.clients.delete(id);
          for (const username of users) await sound.revoke({ username });
          return deleted;
        },
      },
    }),
  },
  {
    name: 'a deletion takes what was issued first, and the registration then',
    caughtBy: `${schedules} › nothing is left of a client that is deleted, by whoever looked for it before`,
    betrays: (sound, over) => ({
      clients: {
        delete: async (clientId) => {
          const revoked = await sound.revoke({ clientId });
          const { deleted } = await over(hiding(() => true)).clients.delete(clientId);
          return { deleted, revoked };
        },
      },
    }),
  },
  {
    name: 'a registration lapses under what was issued',
    caughtBy: `${behaviour} › do not lapse under a live grant, unless they are asked to`,
    betrays: issues(nothing, { lapsingClients: true }),
  },
  {
    name: 'a registration lapses under what was rotated',
    caughtBy: `${behaviour} › do not lapse under a live grant, unless they are asked to`,
    betrays: rotates(nothing, { lapsingClients: true }),
  },
  {
    name: 'a registration that was read is kept, and given again as it is',
    caughtBy: `${behaviour} › are copies: nobody changes what is stored by changing them`,
    betrays: (sound) => {
      const kept = new Map<string, Client | null>();
      return {
        clients: {
          get: async (id) => {
            if (!kept.has(id)) kept.set(id, await sound.clients.get(id));
            return kept.get(id) ?? null;
          },
        },
      };
    },
  },
];
