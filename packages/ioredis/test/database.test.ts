import { documented } from '@oauthdb/test-redis/documented';
import type {} from '@oauthdb/test-redis/setup';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, inject, it } from 'vitest';
import { redisOptionsFromEnv, RedisOAuthDatabase } from '../src/index.ts';

const { host, port, password } = inject('standalone');
const keyPrefix = `t${process.pid}.${Math.random()}:`;

documented({
  name: '@oauthdb/ioredis',
  directory: import.meta.dirname,
  database: (options) => new RedisOAuthDatabase(options),
  optionsFromEnv: redisOptionsFromEnv,
});

describe('a client that is passed in', () => {
  it('is used and stays open', async () => {
    const client = new Redis({ host, port, password, lazyConnect: true });
    const db = new RedisOAuthDatabase({ client, keyPrefix });
    await db.storeToken('k', 'v');
    expect(await client.get(`${keyPrefix}k`)).toBe('v');
    await db.deleteToken('k');
    await db.close();
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  it.each<[string, object, RegExp]>([
    ['none', {}, /must be an ioredis client/],
    ['of another kind', { sendCommand: () => undefined, isReady: true }, /must be an ioredis client/],
    ['a cluster', new Cluster([], { lazyConnect: true }), /use @oauthdb\/redis-cluster/],
    ['with a prefix', new Redis({ lazyConnect: true, keyPrefix: 'p:' }), /must not have a keyPrefix/],
    [
      'one of replicas',
      new Redis({ lazyConnect: true, sentinels: [{ host: 'h' }], name: 'main', role: 'slave' }),
      /must be one of the master/,
    ],
  ])('is refused when it is %s', (_, client, message) => {
    expect(() => new RedisOAuthDatabase({ client: client as Redis })).toThrow(TypeError);
    expect(() => new RedisOAuthDatabase({ client: client as Redis })).toThrow(message);
  });
});
