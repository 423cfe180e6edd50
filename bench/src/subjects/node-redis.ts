import { createKeyv } from '@keyv/redis';
import { RedisOAuthDatabase } from '@oauthdb/node-redis';
import { createClient } from 'redis';
import { closeAll, keyValues, oauthdb, type Group, type Servers } from '../subject.ts';
import { bareNodeRedis, type Client } from './bare-node-redis.ts';
import { connectRedis } from './connect-redis.ts';
import { keyv } from './keyv.ts';
import { cpuOf } from './server-cpu.ts';

/** node-redis, and what uses it. */
export async function nodeRedis({ redis: at }: Servers): Promise<Group> {
  const { host, port, password } = at;
  const url = `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${host}:${port}`;
  const connect = async (): Promise<Client> => {
    const client: Client = createClient({ url });
    await client.connect();
    return client;
  };
  const clients = [await connect(), await connect(), await connect(), await connect()] as const;
  const [raw, again, forConnect, control] = clients;
  await control.flushAll();
  const ours = (name: string, prefix: string, options: object = {}) =>
    oauthdb(
      name,
      new RedisOAuthDatabase({
        ...at,
        keyPrefix: `${prefix}:held:`,
        serverKeyPrefix: `${prefix}:issued:`,
        ...options,
      }),
    );
  const subjects = [
    keyValues('node-redis', bareNodeRedis(raw)),
    keyValues('node-redis again', bareNodeRedis(again)),
    ours('oauthdb', 'ours'),
    ours('oauthdb, call by call', 'each', { coalescing: false }),
    keyv('keyv, @keyv/redis', createKeyv(url, { namespace: 'keyv' })),
    connectRedis(forConnect),
  ];
  return {
    name: 'node-redis',
    subjects,
    serverCpu: () => cpuOf([control]),
    close: async () => {
      await closeAll(subjects);
      for (const client of clients) client.destroy();
    },
  };
}
