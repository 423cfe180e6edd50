import { slotOf } from '@oauthdb/redis-driver';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import type {} from '@oauthdb/test-redis/setup';
import { failureOf, silently } from '@oauthdb/test-redis/watch';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { RedisClusterOAuthDatabase } from '../src/index.ts';

const { nodes } = inject('cluster');
const hosts = nodes.map(({ host, port }) => `${host}:${port}`).join(',');
const namespace = (): string => `t${process.pid}.${Math.random()}:`;

function open(
  options: ConstructorParameters<typeof RedisClusterOAuthDatabase>[0],
): RedisClusterOAuthDatabase {
  const db = new RedisClusterOAuthDatabase(options);
  onTestFinished(() => db.close());
  return db;
}

describe('a cluster', () => {
  it('holds tokens, found by a few of its nodes or by a url', async () => {
    const keyPrefix = namespace();
    const [one, other] = [
      open({ nodes: nodes.slice(1, 3), keyPrefix }),
      open({ url: `redis+cluster://${hosts}`, keyPrefix }),
    ];
    await one.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3600000));
    expect(await other.getToken('user_123')).toBe('oauth_token_value');
    expect(await other.hasToken('user_123')).toBe(true);
    expect(await other.listTokens()).toEqual(['user_123']);
    expect(await other.deleteToken('user_123')).toBe(true);
    expect(one.supports.transactions).toBe(false);
  });

  it('lists what is on every one of its masters', async () => {
    const db = open({ nodes, keyPrefix: namespace() });
    const keys = Array.from({ length: 3000 }, (_, i) => `key ${i}`).toSorted();
    await db.storeTokens(keys.map((key) => ({ key, token: 'v' })));
    expect((await db.listTokens()).toSorted()).toEqual(keys);
  });

  it('keeps keys in the slots that are computed here', async () => {
    const redis = new Redis(nodes[0] ?? {});
    onTestFinished(() => redis.disconnect());
    const keys = [
      'a',
      'a{b}c',
      '{}',
      'a{}b',
      '}{',
      '{{x}}',
      'é{ü}',
      '💥',
      ' ',
      '\0',
      'oauth:token:1',
      '{}{a}',
    ];
    for (const key of keys) expect(await redis.cluster('KEYSLOT', key)).toBe(slotOf(key));
  });

  it('makes every change one step where both prefixes have one hash tag', async () => {
    const tag = `{${namespace()}}`;
    const db = open({ nodes, keyPrefix: `${tag}a:`, serverKeyPrefix: `${tag}b:` });
    expect(db.supports.transactions).toBe(true);
    await db.storeTokens([
      { key: '1', token: 'v' },
      { key: '2', token: 'v' },
    ]);
    expect(await db.getTokens(['1', '2'])).toEqual(['v', 'v']);
    expect((await db.listTokens()).toSorted()).toEqual(['1', '2']);
  });

  it('is used by a client of the application’s, and left open', async () => {
    const keyPrefix = namespace();
    const ioredis = new Cluster([...nodes], { lazyConnect: true });
    const nodeRedis = createCluster({ rootNodes: nodes.map((socket) => ({ socket })) });
    await nodeRedis.connect();
    const [one, other] = [open({ client: ioredis, keyPrefix }), open({ client: nodeRedis, keyPrefix })];
    await one.storeToken('k', 'v');
    expect(await other.getToken('k')).toBe('v');
    expect(await other.listTokens()).toEqual(['k']);
    await Promise.all([one.close(), other.close()]);
    expect(await ioredis.get(`${keyPrefix}k`)).toBe('v');
    expect(await nodeRedis.del(`${keyPrefix}k`)).toBe(1);
    ioredis.disconnect();
    nodeRedis.destroy();
  });

  it('that nobody is of fails in time, and so does a single server', () =>
    silently(async () => {
      const nobody = open({ nodes: [{ host: '127.0.0.1', port: 1 }], commandTimeout: 600 });
      expect(await failureOf(() => nobody.storeToken('k', 'v'))).toMatchObject({
        code: 'OAUTHDB_UNAVAILABLE',
        outcome: 'not_executed',
      });
      expect(await failureOf(() => nobody.listTokens())).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
      await using server = await startPrivateServer({ password: 'another' });
      const single = open({ nodes: [server].map(({ host, port }) => ({ host, port })), commandTimeout: 600 });
      expect((await failureOf(() => single.storeToken('k', 'v'))).code).toBe('OAUTHDB_AUTH');
      await server.send('CONFIG', 'SET', 'requirepass', '');
      expect((await failureOf(() => single.storeToken('k', 'v'))).code).toMatch(/AUTH|CONFIG|UNAVAILABLE/);
    }));
});

describe('the options of a cluster', () => {
  it.each<[string, object, RegExp]>([
    ['a database', { nodes, db: 1 }, /db must be 0/],
    ['a database in the url', { url: `redis+cluster://${hosts}/1` }, /db must be 0/],
    [
      'a url of a single server',
      { url: 'redis://u:canary@h' },
      /redis\+cluster:\/\/ or rediss\+cluster:\/\//,
    ],
    ['a host', { host: 'h' }, /unknown option host/],
    ['nodes that are none', { nodes: 'h' }, /nodes must be an array, received a string/],
    ['no nodes', { nodes: [] }, /nodes must name a node/],
    ['a node that is none', { nodes: [null] }, /nodes\[0\] must be an object, received null/],
    ['a node without a host', { nodes: [{ port: 1 }] }, /nodes\[0\]\.host/],
    ['a node with a bad port', { nodes: [{ host: 'h', port: 'x' }] }, /nodes\[0\]\.port/],
    ['a client that is none', { client: {} }, /client must be a cluster/],
    ['a client of one server', { client: new Redis({ lazyConnect: true }) }, /client must be a cluster/],
    ['another client of one server', { client: createClient() }, /client must be a cluster/],
    [
      'a client with a prefix',
      { client: new Cluster([], { lazyConnect: true, keyPrefix: 'p' }) },
      /keyPrefix/,
    ],
    [
      'a client that reads from replicas',
      { client: new Cluster([], { lazyConnect: true, scaleReads: 'all' }) },
      /scaleReads/,
    ],
    [
      'a client with a prefix, of the other kind',
      { client: createCluster({ rootNodes: [], keyPrefix: 'p' }) },
      /keyPrefix/,
    ],
  ])('are refused with a TypeError: %s', (_, options, message) => {
    const construct = (): unknown => new RedisClusterOAuthDatabase(options);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
    expect(construct).not.toThrow(/canary/);
  });
});
