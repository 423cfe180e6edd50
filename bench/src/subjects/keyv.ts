import { HELD } from '../operations/index.ts';
import { keyValues, type Subject } from '../subject.ts';
import { LIFE_MS, VALUE } from '../values.ts';

/** What keyv 5 and 6 have in common. */
interface Keyv {
  set(key: string, value: string, ttl: number): Promise<unknown>;
  get(key: string): Promise<unknown>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<unknown>;
  setMany(entries: { key: string; value: string; ttl: number }[]): Promise<unknown>;
  getMany(keys: string[]): Promise<unknown>;
  disconnect(): Promise<void>;
}

export function keyv(name: string, all: Keyv): Subject {
  const subject = keyValues(
    name,
    {
      set: (key) => all.set(key, VALUE, LIFE_MS),
      get: (key) => all.get(key),
      has: (key) => all.has(key),
      delete: (key) => all.delete(key),
      setSeveral: (keys) => all.setMany(keys.map((key) => ({ key, value: VALUE, ttl: LIFE_MS }))),
      getSeveral: (keys) => all.getMany([...keys]),
    },
    HELD,
  );
  return { ...subject, close: () => all.disconnect() };
}
