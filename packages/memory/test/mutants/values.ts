import type { Driver, Entry } from '@oauthdb/core';
import type { Mutant } from './mutant.ts';
import { commitWith } from './mutant.ts';

export const values: readonly Mutant[] = [
  {
    name: 'read gives the live object',
    caughtBy: 'copies › are what a driver gives and keeps',
    breaks: (sound) => {
      const live = new Map<string, Entry>();
      const alive = (key: string, entry: Entry | null): Entry | null => {
        if (entry === null) return null;
        if (live.get(key)?.version !== entry.version) live.set(key, { ...entry });
        return live.get(key) ?? null;
      };
      return {
        read: async (keys, at) => (await sound.read(keys, at)).map((entry, i) => alive(keys[i] ?? '', entry)),
      };
    },
  },
  {
    name: 'a value ends at its first NUL',
    caughtBy: 'hostile input › keeps every odd token as it was',
    breaks: (sound) => ({
      commit: commitWith(sound, (put) => ({ ...put, value: put.value.split('\0')[0] ?? '' })),
    }),
  },
  {
    name: 'an empty value is taken for none',
    caughtBy: 'hostile input › keeps every odd token as it was',
    breaks: (sound) => ({
      read: async (keys, at) =>
        (await sound.read(keys, at)).map((entry) => (entry?.value === '' ? null : entry)),
    }),
  },
  {
    name: 'keys are normalized',
    caughtBy: 'hostile input › keeps every odd key apart and gives it back as it was',
    breaks: (sound) => ({
      commit: commitWith(sound, (put) => ({ ...put, key: put.key.normalize('NFC') })),
      read: (keys, at) =>
        sound.read(
          keys.map((key) => key.normalize('NFC')),
          at,
        ),
      timeLeft: (keys, at) =>
        sound.timeLeft(
          keys.map((key) => key.normalize('NFC')),
          at,
        ),
    }),
  },
  {
    name: 'what is absent is undefined',
    caughtBy: 'reading › gives entries and lives in the order of the keys, null for what is absent',
    breaks: (sound) => ({
      read: async (keys, at) => (await sound.read(keys, at)).map((entry) => entry ?? (undefined as never)),
    }),
  },
  {
    name: 'a key that is read twice is answered once',
    caughtBy: 'batches › store, read and delete many, in the order they were named',
    breaks: (sound) => ({ read: (keys, at) => sound.read([...new Set(keys)], at) }),
  },
  {
    name: 'versions are compared as numbers where they look like numbers',
    caughtBy: 'changes › tell versions apart that look alike',
    breaks: (sound) => ({
      commit: async (change, at) => {
        const checks = await Promise.all(
          (change.checks ?? []).map(async ({ key, version }) => {
            const [entry] = await sound.read([key], at);
            const alike = version !== null && entry?.value != null && Number(version) === Number(entry.value);
            return { key, version: alike ? (entry?.version ?? null) : version };
          }),
        );
        return sound.commit({ ...change, checks }, at);
      },
    }),
  },
  {
    name: 'an error is swallowed',
    caughtBy: 'changes › do nothing after their deadline, and say so',
    breaks: (sound) => ({
      commit: (change, at) => sound.commit(change, at).catch(() => ({ committed: true, deleted: 0 })),
      take: (take, at) => sound.take(take, at).catch(() => ({ status: 'absent' })),
    }),
  },
  {
    name: 'to close one connection empties the store of all',
    caughtBy: 'closing › leaves other connections alone',
    breaks: (sound) => {
      const at = { now: 0, deadline: Infinity };
      let mine: string[] = [];
      const commit: Driver['commit'] = (change, when) => {
        mine = [...mine, ...(change.puts ?? []).map(({ key }) => key)];
        return sound.commit(change, when);
      };
      const close = async (): Promise<void> => {
        await sound.commit({ deletes: mine.map((key) => ({ key })) }, at);
      };
      return { commit, close };
    },
  },
  {
    name: 'the number of deleted keys is the number of keys',
    caughtBy: 'changes › count the keys that they deleted',
    breaks: (sound) => ({
      commit: async (change, at) => {
        const done = await sound.commit(change, at);
        return { ...done, deleted: change.deletes?.length ?? 0 };
      },
    }),
  },
  {
    name: 'what is deleted stays on its lists',
    caughtBy: 'lists no more what was deleted with it',
    breaks: (sound) => {
      const gone = new Map<string, Set<string>>();
      return {
        commit: async (change, at) => {
          for (const { tags = [] } of change.deletes ?? []) {
            for (const { name, member } of tags) gone.set(name, (gone.get(name) ?? new Set()).add(member));
          }
          return sound.commit(change, at);
        },
        list: async (where, page, at) => {
          const { items, next } = await sound.list(where, page, at);
          return { items: 'tag' in where ? [...items, ...(gone.get(where.tag.name) ?? [])] : items, next };
        },
      };
    },
  },
];
