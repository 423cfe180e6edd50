import type { DatabaseOptions, Driver } from '@oauthdb/core';
import { commitWith, type BrokenDatabase, type Over } from './mutant.ts';

type Fields = Record<string, unknown>;
type Breaks = Parameters<Over>[0];
type Betrays = BrokenDatabase['betrays'];

/** What the key of something that was issued holds: `refresh`, `code` and so on. */
export function kindOf(key: string): string | undefined {
  return /:issued:([a-z]+):/.exec(key)?.[1];
}

export function recordOf(value: string): Fields {
  return JSON.parse(value) as Fields;
}

export const isRotated = ({ value }: { readonly value: string }): boolean => 'rotated_at' in recordOf(value);

/** A put, or an entry, whose record is changed. */
export function altered<T extends { readonly value: string }>(
  stored: T,
  alter: (record: Fields) => Fields,
): T {
  return { ...stored, value: JSON.stringify(alter(recordOf(stored.value))) };
}

/** A driver that gives records of one kind changed, among them those that have expired. */
export const reading =
  (kind: string, alter: (record: Fields) => Fields): Breaks =>
  (sound) => ({
    read: async (keys, at) => {
      const entries = await sound.read(keys, { ...at, now: 0 });
      return entries.map((entry, i) =>
        entry === null || kindOf(keys[i] ?? '') !== kind ? entry : altered(entry, alter),
      );
    },
  });

/** As if nothing had rotated it. */
export function unrotated({ rotated_at: _hidden, ...record }: Fields): Fields {
  return record;
}

/** As if it named no owner: then it is whose list it is on. */
export function nobodys({ username: _1, client_id: _2, grant_id: _3, ...record }: Fields): Fields {
  return record;
}

/** As if it never ended. */
export function forEver(record: Fields): Fields {
  return { ...record, expires_at: null };
}

/** A driver whose lists have other names, and whose access tokens are whose list they are on. */
export const naming =
  (rename: (name: string) => string): Breaks =>
  (sound) => ({
    ...reading('token', nobodys)(sound),
    commit: commitWith(sound, (put) => ({
      ...put,
      tags: (put.tags ?? []).map((tag) => ({ ...tag, name: rename(tag.name) })),
    })),
    list: (where, page, at) => {
      if (!('tag' in where)) return sound.list(where, page, at);
      return sound.list({ tag: { ...where.tag, name: rename(where.tag.name) } }, page, at);
    },
  });

/** A driver that misses some of what is on a list. */
export function hiding(hides: (kind: string, record: Fields) => boolean): Breaks {
  return (sound) => ({
    list: async (where, page, at) => {
      const { items, next } = await sound.list(where, page, at);
      if (!('tag' in where)) return { items, next };
      const refs = items.map((item) => (where.tag.shared === true ? `token:${item}` : item));
      const keys = refs.map((ref) => where.tag.name.replace(/(:issued:).*/s, `$1${ref}`));
      const entries = keys.length === 0 ? [] : await sound.read(keys, at);
      const hidden = (entry: (typeof entries)[number] | undefined, key = ''): boolean =>
        entry != null && hides(kindOf(key) ?? '', recordOf(entry.value));
      return { items: items.filter((_, i) => !hidden(entries[i], keys[i])), next };
    },
  });
}

/** A commit that is made in steps: what each gives is committed after the one before, and the last one answers. */
export function inSteps(...steps: ((change: Parameters<Driver['commit']>[0]) => typeof change)[]): Breaks {
  return (sound) => ({
    commit: async (change, at) => {
      if ((change.puts ?? []).length === 0) return sound.commit(change, at);
      let done = { committed: true, deleted: 0 };
      for (const step of steps) if (done.committed) done = await sound.commit(step(change), at);
      return done;
    },
  });
}

/** A database that rotates over a broken driver, or with other options. */
export const rotates =
  (breaks: Breaks, options?: DatabaseOptions): Betrays =>
  (_sound, over) => ({
    refreshTokens: { rotate: (token, next) => over(breaks, options).refreshTokens.rotate(token, next) },
  });

/** A database that issues over a broken driver, or with other options. */
export const issues =
  (breaks: Breaks, options?: DatabaseOptions): Betrays =>
  (_sound, over) => ({ issue: (issuance) => over(breaks, options).issue(issuance) });

/** A database that revokes over a broken driver. */
export const revokes =
  (breaks: Breaks): Betrays =>
  (_sound, over) => ({ revoke: (owner) => over(breaks).revoke(owner) });

/** A driver that is not broken. */
export const nothing: Breaks = () => ({});

/** What JSON keeps of something: of a date that is none, `null`. */
export function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
