import type { KeyValue } from '../key-value.ts';
import { LIFE_MS, VALUE } from '../values.ts';

/** A bare Map that looks at the expiry of what it reads. */
export function bareMap(): KeyValue {
  const entries = new Map<string, { readonly value: string; readonly expiresAt: number }>();
  const set = (key: string): unknown => entries.set(key, { value: VALUE, expiresAt: Date.now() + LIFE_MS });
  const get = (key: string): string | null => {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAt > Date.now() ? entry.value : null;
  };
  // As a caller of a database that answers by promises finds it.
  return {
    set: async (key) => set(key),
    get: async (key) => get(key),
    delete: async (key) => entries.delete(key),
    has: async (key) => get(key) !== null,
    add: async (key) => (get(key) === null ? set(key) : null),
    take: async (key) => {
      const found = get(key);
      entries.delete(key);
      return found;
    },
    life: async (key) => (entries.get(key)?.expiresAt ?? 0) - Date.now(),
    prolong: async (key, ms) => entries.set(key, { value: VALUE, expiresAt: Date.now() + ms }),
    setSeveral: async (keys) => {
      for (const key of keys) set(key);
    },
    getSeveral: async (keys) => keys.map(get),
    deleteSeveral: async (keys) => {
      for (const key of keys) entries.delete(key);
    },
  };
}
