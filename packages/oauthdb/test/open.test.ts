import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ioredis from '@oauthdb/ioredis';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import * as nodeRedis from '@oauthdb/node-redis';
import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import type {} from '@oauthdb/test-redis/setup';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { open, type OpenOptions } from '../src/index.ts';

const standaloneUrl = (): string => inject('standalone').url;

function clusterUrl(): string {
  const { nodes } = inject('cluster');
  return `redis+cluster://${nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
}

function sentinelUrl(): string {
  const { name, sentinels } = inject('sentinel');
  return `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;
}

const byIoredis: OpenOptions = { redis: { library: 'ioredis' } };
const byNodeRedis: OpenOptions = { redis: { library: 'node-redis' } };

describe('opens by URL', () => {
  it.each<[string, () => string, object, OpenOptions]>([
    ['memory:', () => 'memory:', MemoryOAuthDatabase, {}],
    ['sqlite::memory:', () => 'sqlite::memory:', SqliteOAuthDatabase, {}],
    ['redis:// by ioredis, which comes first', standaloneUrl, ioredis.RedisOAuthDatabase, {}],
    ['redis:// by ioredis', standaloneUrl, ioredis.RedisOAuthDatabase, byIoredis],
    ['redis:// by node-redis', standaloneUrl, nodeRedis.RedisOAuthDatabase, byNodeRedis],
    ['redis+cluster://', clusterUrl, RedisClusterOAuthDatabase, {}],
    ['redis+sentinel:// by ioredis', sentinelUrl, ioredis.RedisOAuthDatabase, byIoredis],
    ['redis+sentinel:// by node-redis', sentinelUrl, nodeRedis.RedisOAuthDatabase, byNodeRedis],
  ])('%s', async (_, url, expected, options) => {
    await using db = await open(url(), { ...options, keyPrefix: `${randomUUID()}:` });
    expect(db).toBeInstanceOf(expected);
    await db.storeToken('user_123', 'value', new Date(Date.now() + 60_000));
    expect(await db.getToken('user_123')).toBe('value');
    expect(await db.listTokens()).toEqual(['user_123']);
    expect(await db.deleteToken('user_123')).toBe(true);
  });

  it('a SQLite file, whose path is taken as it stands', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'oauthdb-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    const url = `sqlite:${join(dir, 'a b%20?c#d.db')}`;
    {
      await using db = await open(url);
      await db.storeToken('user_123', 'value');
    }
    await using again = await open(url);
    expect(await again.getToken('user_123')).toBe('value');
    await using direct = new SqliteOAuthDatabase({ path: join(dir, 'a b%20?c#d.db') });
    expect(await direct.getToken('user_123')).toBe('value');
  });
});

describe('hands its options on', () => {
  it.each([
    ['memory:', () => 'memory:'],
    ['sqlite:', () => 'sqlite::memory:'],
    ['redis://', standaloneUrl],
    ['redis+cluster://', clusterUrl],
    ['redis+sentinel://', sentinelUrl],
  ])('%s', async (_, url) => {
    await expect(open(url(), { commandTimeout: 0 })).rejects.toThrow(/commandTimeout must be from 1/);
    const misspelt: object = { keyprefix: 'a:' };
    await expect(open(url(), misspelt)).rejects.toThrow(/unknown option keyprefix/);
  });

  it('those of redis to Redis only', async () => {
    const { host, port, password } = inject('standalone');
    const redis = {
      password,
      connectionTimeout: 5000,
      sentinelPassword: 'of no use',
      durability: 'default',
      coalescing: true,
    } as const;
    for (const url of ['memory:', 'sqlite::memory:', `redis://${host}:${port}`]) {
      await using db = await open(url, { redis, keyPrefix: `${randomUUID()}:` });
      expect(await db.getToken('user_123')).toBe(null);
    }
  });

  it.each(['ioredis', 'node-redis'] as const)(
    'rediss:// with the certificate to trust, by %s',
    async (library) => {
      const { host, port, ca } = inject('tls');
      await using db = await open(`rediss://${host}:${port}`, { redis: { library, tls: { ca } } });
      expect(await db.getToken(randomUUID())).toBe(null);
      await using strict = await open(`rediss://${host}:${port}`, { redis: { library } });
      await expect(strict.getToken('user_123')).rejects.toMatchObject({ code: 'OAUTHDB_CONFIG' });
    },
  );

  it('but no other place than the URL says', async () => {
    const options: object = { url: 'redis://elsewhere.invalid' };
    await using db = await open(standaloneUrl(), { ...options, keyPrefix: `${randomUUID()}:` });
    expect(await db.getToken('user_123')).toBe(null);
  });
});

describe('refuses', () => {
  it.each([
    '',
    'memory',
    'memory:x',
    'sqlite:',
    'sqlite://hunter2.db',
    'postgres://user:hunter2@localhost/db',
    'redis:',
    'redis:hunter2@localhost',
    'redis://:hunter2@localhost:99999',
    'redis://:hunter2@local host',
    'redis://:hunter2@localhost/zero',
    'redis+cluster://:hunter2@h1:p1,h2',
    'redis+sentinel://:hunter2@h1,h2',
    'redis+sentinel://:hunter2@h1,h2/name/zero',
    'redis+sentinel://:hunter2@h1,h2/name/0/more',
    'http://user:hunter2@localhost',
    ' redis://:hunter2@localhost',
  ])('%j, without showing it', async (url) => {
    const error: unknown = await open(url).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(TypeError);
    const { message, stack, cause, ...more } = error as Error;
    expect(`${message} ${stack} ${String(cause)} ${JSON.stringify(more)}`).not.toContain('hunter2');
  });

  it.each([undefined, null, 5, new URL('redis://:hunter2@localhost')])(
    '%s, for it is no string',
    async (url) => {
      await expect(open(url as unknown as string)).rejects.toThrow(
        /^the database URL must be a string, received (?!.*hunter2)/,
      );
    },
  );

  it('and lists the forms', async () => {
    await expect(open('redsi://localhost')).rejects.toThrow(
      /memory: .*sqlite:\.\/path.*redis:\/\/.*rediss:\/\/.*redis\+sentinel:\/\/.*redis\+cluster:\/\//,
    );
  });

  it('a client library that it does not know', async () => {
    const options = { redis: { library: 'redis' } } as unknown as OpenOptions;
    await expect(open('memory:', options)).rejects.toThrow(
      `redis.library must be 'ioredis' or 'node-redis', received "redis"`,
    );
  });
});
