import { documented } from '@oauthdb/test-redis/documented';
import type {} from '@oauthdb/test-redis/setup';
import { createClient, createCluster, createSentinel, RESP_TYPES } from 'redis';
import { describe, expect, inject, it } from 'vitest';
import { redisOptionsFromEnv, RedisOAuthDatabase } from '../src/index.ts';

const { url } = inject('standalone');
const keyPrefix = `t${process.pid}.${Math.random()}:`;

documented({
  name: '@oauthdb/node-redis',
  directory: import.meta.dirname,
  database: (options) => new RedisOAuthDatabase(options),
  optionsFromEnv: redisOptionsFromEnv,
});

describe('a client that is passed in', () => {
  it('is used and stays open, whatever it makes of replies', async () => {
    const client = createClient({
      url,
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    });
    await client.connect();
    const db = new RedisOAuthDatabase({ client, keyPrefix });
    await db.storeToken('k', 'v');
    expect(await db.getToken('k')).toBe('v');
    expect(await client.get(`${keyPrefix}k`)).toEqual(Buffer.from('v'));
    await db.deleteToken('k');
    await db.close();
    expect(client.isReady).toBe(true);
    client.destroy();
  });

  it('is waited for until the application connects it', async () => {
    const client = createClient({ url });
    const db = new RedisOAuthDatabase({ client, keyPrefix });
    const read = db.getToken('k');
    await client.connect();
    expect(await read).toBeNull();
    await db.close();
    client.destroy();
  });

  it.each<[string, object, RegExp]>([
    ['none', {}, /must be a node-redis client/],
    ['of another kind', { call: () => undefined, status: 'ready' }, /must be a node-redis client/],
    ['a cluster', createCluster({ rootNodes: [] }), /use @oauthdb\/redis-cluster/],
    ['with a prefix', createClient({ keyPrefix: 'p:' }), /must not have a keyPrefix/],
    [
      'one of sentinels',
      createSentinel({ name: 'main', sentinelRootNodes: [{ host: 'h', port: 1 }] }),
      /pass a url redis\+sentinel:/,
    ],
  ])('is refused when it is %s', (_, client, message) => {
    const options = { client: client as ReturnType<typeof createClient> };
    expect(() => new RedisOAuthDatabase(options)).toThrow(TypeError);
    expect(() => new RedisOAuthDatabase(options)).toThrow(message);
  });
});
