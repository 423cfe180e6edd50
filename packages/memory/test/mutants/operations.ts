import {
  exportedKinds,
  type DatabaseOptions,
  type Exported,
  type OAuthDatabase,
  type Removed,
} from '@oauthdb/core';
import { inSteps, nothing } from './grants.ts';
import type { BrokenDatabase, Mutant, Over } from './mutant.ts';

type Breaks = Parameters<Over>[0];
type Records = AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>;

const exporting = 'exporting ›';
const importing = 'importing ›';
const beside = 'an import beside others ›';
const purging = 'purging ›';
const sealed = 'exporting and importing what is sealed or hashed ›';

const exports =
  (breaks: Breaks, options?: DatabaseOptions): BrokenDatabase['betrays'] =>
  (_sound, over) => ({ export: (asked) => over(breaks, options).export(asked) });

const imports =
  (breaks: Breaks, options?: DatabaseOptions): BrokenDatabase['betrays'] =>
  (_sound, over) => ({ import: (records, asked) => over(breaks, options).import(records, asked) });

const purges =
  (breaks: Breaks): BrokenDatabase['betrays'] =>
  (_sound, over) => ({ purge: (asked) => over(breaks).purge(asked) });

/** An import of something else than what it was given. */
const takesIn =
  (alter: (one: Exported, db: OAuthDatabase) => Exported): BrokenDatabase['betrays'] =>
  (sound) => ({
    import: (records, asked) =>
      sound.import(
        altered(records, (one) => alter(one, sound)),
        asked,
      ),
  });

async function* altered(
  records: Records,
  alter: (one: Exported) => Exported,
): AsyncGenerator<Exported | Removed> {
  for await (const one of records) yield one === null || 'removed' in one ? one : alter(one);
}

const unchecked: Breaks = (sound) => ({
  commit: ({ checks: _unchecked, ...change }, at) => sound.commit(change, at),
});

/** As if nothing were remembered. */
const forgetful: Breaks = (sound) => ({
  take: async () => ({ status: 'absent' }),
  commit: ({ checks = [], ...change }, at) =>
    sound.commit({ ...change, checks: checks.map(({ key, version }) => ({ key, version })) }, at),
});

export const operations: readonly Mutant[] = [
  {
    name: 'an export ends with the first page',
    caughtBy: `${exporting} gives more than a page`,
    betrays: exports((sound) => ({
      list: async (where, page, at) => ({ ...(await sound.list(where, page, at)), next: null }),
    })),
  },
  {
    name: 'an export has what has ended',
    caughtBy: `${exporting} leaves out what has ended`,
    betrays: exports(nothing, { now: () => 0 }),
  },
  {
    name: 'an export has what is single use',
    caughtBy: `${exporting} leaves out what is single use unless it is asked for`,
    betrays: (sound) => ({ export: (asked) => sound.export({ kinds: exportedKinds, ...asked }) }),
  },
  {
    name: 'an export does not know when tokens end',
    caughtBy: `${exporting} gives everything that is alive, with the moment at which it ends`,
    betrays: exports((sound) => ({
      timeLeft: async (keys, at) =>
        (await sound.timeLeft(keys, at)).map((life) => (life === null ? null : Infinity)),
    })),
  },
  {
    name: 'a probe of the health stays',
    caughtBy: `${exporting} says how a database is, and leaves nothing behind`,
    betrays: (_sound, over) => ({
      health: () => over((sound) => ({ commit: ({ puts = [] }, at) => sound.commit({ puts }, at) })).health(),
    }),
  },
  {
    name: 'the numbers have rotated tokens among those that can be used',
    caughtBy: `${exporting} counts what there is, and how long it lives`,
    betrays: (sound) => ({
      stats: async (asked) => {
        const stats = await sound.stats(asked);
        return { ...stats, refresh: { ...stats.refresh, count: stats.refresh.count + stats.rotated } };
      },
    }),
  },
  {
    name: 'an import forgets when things end',
    caughtBy: `${importing} lets nothing live longer than it did, nor for ever`,
    betrays: takesIn((one) =>
      one.kind === 'held'
        ? { ...one, expires_at: null }
        : { ...one, expires_at: null, record: { ...one.record, expires_at: null } },
    ),
  },
  {
    name: 'an import puts things on no list',
    caughtBy: `${importing} gives a database that answers as the one that it came from`,
    betrays: imports((sound) => ({
      commit: ({ puts = [], ...change }, at) =>
        sound.commit({ ...change, puts: puts.map(({ tags: _tags, ...put }) => put) }, at),
    })),
  },
  {
    name: 'an import overwrites whatever is there',
    caughtBy: `${importing} lets the newer of two stay, whichever comes`,
    betrays: (sound) => ({
      import: (records, asked) => sound.import(records, { ...asked, mode: 'replace' }),
    }),
  },
  {
    name: 'an import leaves whatever is there',
    caughtBy: `${importing} leaves what is there, or replaces it, as it is told`,
    betrays: (sound) => ({ import: (records, asked) => sound.import(records, { ...asked, mode: 'skip' }) }),
  },
  {
    name: 'an import that is to look writes',
    caughtBy: `${importing} says what it would do, and does nothing`,
    betrays: (sound) => ({ import: (records, asked) => sound.import(records, { ...asked, dryRun: false }) }),
  },
  {
    name: 'an import takes a token for one that was never rotated',
    caughtBy: `${importing} makes nothing valid again that was rotated here, in any mode`,
    betrays: imports((sound) => ({ ...unchecked(sound), read: async (keys) => keys.map(() => null) })),
  },
  {
    name: 'an import does not ask whether a code was used',
    caughtBy: `${importing} makes nothing valid again that was used here, in any mode`,
    betrays: imports(forgetful),
  },
  {
    name: 'an import asks whether a code was used before it writes, and not when it does',
    caughtBy: `${beside} makes nothing valid again that is used meanwhile`,
    betrays: imports(unchecked),
  },
  {
    name: 'an import does not look again when it writes',
    caughtBy: `${beside} makes nothing valid again that is rotated meanwhile`,
    betrays: imports(unchecked),
  },
  {
    name: 'an import writes over what came first',
    caughtBy: `${beside} lets what is stored meanwhile stay, when it is told to leave what is there`,
    betrays: imports(unchecked),
  },
  {
    name: 'an import lists what it has stored afterwards',
    caughtBy: `${beside} lists what it stores before it can be read`,
    betrays: imports(
      inSteps(
        ({ puts = [], ...change }) => ({ ...change, puts: puts.map(({ tags: _tags, ...put }) => put) }),
        ({ puts = [] }) => ({ puts }),
      ),
    ),
  },
  {
    name: 'an import removes nothing',
    caughtBy: `${importing} removes what is named as removed, off its lists, too`,
    betrays: imports((sound) => ({
      commit: ({ deletes: _deletes, ...change }, at) => sound.commit(change, at),
    })),
  },
  {
    name: 'an import finds everything the same',
    caughtBy: `${importing} compares two databases, where it replaces and only says so`,
    betrays: (sound) => ({
      import: async (records, asked) => {
        const { replaced, kept, ...done } = await sound.import(records, asked);
        return { ...done, replaced: 0, kept: kept + replaced };
      },
    }),
  },
  {
    name: 'an import takes what names nothing',
    caughtBy: `${importing} refuses what no export gives, and does not show it`,
    betrays: takesIn((one) => (one.kind === 'held' ? { ...one, expires_at: one.expires_at ?? null } : one)),
  },
  {
    name: 'an import stores in clear',
    caughtBy: `${sealed} gives in clear what is sealed, and seals it under the keys of the other`,
    betrays: imports(nothing, { secrets: {} }),
  },
  {
    name: 'an import takes plain handles for hashed ones',
    caughtBy: `${sealed} hashes handles that were plain, so that everything is found under them`,
    betrays: takesIn((one, { handles }) => (one.kind === 'held' ? one : { ...one, handles })),
  },
  {
    name: 'an import takes handles of another pepper for its own',
    caughtBy: `${sealed} refuses handles that cannot be made here`,
    betrays: takesIn((one, { handles }) => (one.kind === 'held' ? one : { ...one, handles })),
  },
  {
    name: 'an export passes over what it cannot read, and says nothing',
    caughtBy: `${sealed} ends at an entry that cannot be read, unless somebody is told of it`,
    betrays: (sound) => ({ export: (asked) => sound.export({ unreadable: () => {}, ...asked }) }),
  },
  {
    name: 'a clean-up takes live entries off their lists',
    caughtBy: `${purging} leaves alone what is of use`,
    betrays: purges((sound) => ({
      ...unchecked(sound),
      timeLeft: async (keys) => keys.map(() => null),
    })),
  },
  {
    name: 'the numbers have live members among those that name nothing',
    caughtBy: `${purging} takes off the lists what is not there, and says how much`,
    betrays: (_sound, over) => ({
      stats: (asked) => over(() => ({ timeLeft: async (keys) => keys.map(() => null) })).stats(asked),
    }),
  },
  {
    name: 'a clean-up deletes registrations that are used',
    caughtBy: `${purging} deletes registrations that nobody uses, if asked to, and no others`,
    betrays: purges((sound) => ({
      list: async (where, page, at) =>
        'tag' in where ? { items: [], next: null } : sound.list(where, page, at),
    })),
  },
  {
    name: 'a reencryption that is to look rewrites',
    caughtBy: 'reencryption › says in a dry run what it would do, and does nothing',
    betrays: (sound) => ({ reencrypt: (asked) => sound.reencrypt({ ...asked, dryRun: false }) }),
  },
  {
    name: 'a count that does not tell how far it is',
    caughtBy: `${exporting} tells how far it is, entry by entry and list by list`,
    betrays: (sound) => ({ stats: (asked) => sound.stats({ ...asked, onProgress: undefined }) }),
  },
  {
    name: 'a clean-up that is to look deletes',
    caughtBy: `${purging} deletes registrations that nobody uses, if asked to, and no others`,
    betrays: (sound) => ({ purge: (asked) => sound.purge({ ...asked, dryRun: false }) }),
  },
];
