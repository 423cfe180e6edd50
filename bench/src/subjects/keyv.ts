import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { HELD } from '../operations/index.ts';
import { keyValues, type Subject } from '../subject.ts';
import { LIFE_MS, VALUE } from '../values.ts';

/** keyv with one of its stores, or in memory. */
export function keyv(name: string, store?: KeyvStoreAdapter): Subject {
  const all = new Keyv({ ...(store !== undefined && { store }), namespace: 'keyv' });
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
