import type { Driver, PageRequest } from '@oauthdb/core';
import type { Mutant } from './mutant.ts';
import { commitWith } from './mutant.ts';

/** A listing that sees the prefix changed, and then filters for itself. */
function listWith(
  sound: Driver,
  prefixOf: (prefix: string) => string,
  keep: (key: string, prefix: string) => boolean,
) {
  const list: Driver['list'] = async (where, page, at) => {
    if ('tag' in where) return sound.list(where, page, at);
    const { items, next } = await sound.list({ prefix: prefixOf(where.prefix) }, page, at);
    return { items: items.filter((key) => keep(key, where.prefix)), next };
  };
  return { list };
}

/** All pages of what a sound driver lists. */
async function everything(
  sound: Driver,
  where: Parameters<Driver['list']>[0],
  at: Parameters<Driver['list']>[2],
) {
  const items: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await sound.list(where, { after, limit: 1000 }, at);
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

const glob = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}.*`, 's');

export const listing: readonly Mutant[] = [
  {
    name: 'a prefix leaks: its last character is not compared',
    caughtBy: "listing › shows no neighbour's keys, whose prefix begins alike",
    breaks: (sound) =>
      listWith(
        sound,
        (prefix) => prefix.slice(0, -2),
        (key, prefix) => key.startsWith(prefix.slice(0, -2)) && key.includes(':'),
      ),
  },
  {
    name: 'glob characters of a prefix are not escaped',
    caughtBy: 'listing › takes a prefix with glob characters literally',
    breaks: (sound) =>
      listWith(
        sound,
        (prefix) => prefix.slice(0, 38),
        (key, prefix) => {
          try {
            return glob(prefix).test(key);
          } catch {
            return key.startsWith(prefix);
          }
        },
      ),
  },
  {
    name: 'keys are compared without regard to case',
    caughtBy: 'listing › tells upper from lower case',
    breaks: (sound) =>
      listWith(
        sound,
        (prefix) => prefix.slice(0, 38),
        (key, prefix) => key.toLowerCase().startsWith(prefix.toLowerCase()),
      ),
  },
  {
    name: 'a listing ends after its first page',
    caughtBy: 'listing › lists 10,000 keys: none missing, none twice, none foreign',
    breaks: (sound) => ({
      list: async (where, page, at) => ({
        items: (await everything(sound, where, at)).slice(0, page.limit),
        next: null,
      }),
    }),
  },
  {
    name: 'a page begins where so many keys have been counted, whatever went meanwhile',
    caughtBy: 'listing › misses nothing that stays, while other keys come and go',
    breaks: (sound) => {
      const keys = new Set<string>();
      return {
        commit: async (change, at) => {
          const committed = await sound.commit(change, at);
          for (const { key } of change.deletes ?? []) keys.delete(key);
          for (const { key } of change.puts ?? []) keys.add(key);
          return committed;
        },
        list: async (where, { after, limit }: PageRequest, at) => {
          if ('tag' in where) return sound.list(where, { after, limit }, at);
          const from = Number(after ?? 0);
          const all = [...keys].filter((key) => key.startsWith(where.prefix));
          const next = from + limit < all.length ? String(from + limit) : null;
          return { items: all.slice(from, from + limit), next };
        },
      };
    },
  },
  {
    name: 'a tag gives the keys of entries instead of their members',
    caughtBy: 'tags › a tag lists what was put under it, by member',
    breaks: (sound) => ({
      commit: commitWith(sound, (put) => ({
        ...put,
        tags: (put.tags ?? []).map((tag) => ({ ...tag, member: put.key })),
      })),
    }),
  },
  {
    name: 'an empty page is taken for the last one',
    caughtBy: 'listing › lists 10,000 keys: none missing, none twice, none foreign',
    breaks: (sound) => ({
      list: async (where, page, at) => {
        if ('tag' in where) return sound.list(where, page, at);
        const items = await everything(sound, { prefix: '' }, at);
        const found = items.slice(0, page.limit).filter((key) => key.startsWith(where.prefix));
        return { items: found, next: null };
      },
    }),
  },
];
