import { createStorage } from 'unstorage';
import redisDriver from 'unstorage/drivers/redis';
import { HELD } from '../operations/index.ts';
import { keyValues, type Servers, type Subject } from '../subject.ts';
import { LIFE_MS, VALUE } from '../values.ts';

export function unstorage({ host, port, password = '' }: Servers['redis']): Subject {
  const storage = createStorage({ driver: redisDriver({ base: 'unstorage', host, port, password }) });
  const options = { ttl: LIFE_MS / 1000 };
  const subject = keyValues(
    'unstorage',
    {
      set: (key) => storage.setItem(key, VALUE, options),
      get: (key) => storage.getItem(key),
      has: (key) => storage.hasItem(key),
      delete: (key) => storage.removeItem(key),
      setSeveral: (keys) => storage.setItems(keys.map((key) => ({ key, value: VALUE, options }))),
      getSeveral: (keys) => storage.getItems([...keys]),
    },
    HELD,
  );
  return { ...subject, close: () => storage.dispose() };
}
