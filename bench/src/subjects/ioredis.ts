import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { Redis } from 'ioredis';
import { closeAll, keyValues, oauthdb, type Group, type Servers } from '../subject.ts';
import { bareIoredis } from './bare-ioredis.ts';
import { betterAuth } from './better-auth.ts';
import { secrets } from './secrets.ts';
import { cpuOf } from './server-cpu.ts';
import { unstorage } from './unstorage.ts';

/** ioredis, and what uses it. */
export async function ioredis({ redis: at }: Servers): Promise<Group> {
  const connect = (): Redis => new Redis({ ...at, password: at.password ?? '' });
  const clients = Array.from({ length: 4 }, connect) as [Redis, Redis, Redis, Redis];
  const [raw, again, forBetterAuth, control] = clients;
  await control.flushall();
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
    keyValues('ioredis', bareIoredis(raw)),
    keyValues('ioredis again', bareIoredis(again)),
    ours('oauthdb', 'ours'),
    ours('oauthdb, call by call', 'each', { coalescing: false }),
    ours('oauthdb, sealed', 'sealed', { secrets }),
    betterAuth(forBetterAuth),
    unstorage(at),
  ];
  return {
    name: 'ioredis',
    subjects,
    serverCpu: () => cpuOf([control]),
    close: async () => {
      await closeAll(subjects);
      for (const client of clients) client.disconnect();
    },
  };
}
