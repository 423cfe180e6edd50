import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OAuthDatabaseError } from '@oauthdb/core';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { failureOf, SECRETS, silently, TIMEOUT_MS } from '@oauthdb/test-redis/watch';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { DEFAULT_ACCESS_TOKEN_TTL_SECONDS, RedisOAuthDb, type RedisOAuthDbConfig } from '../src/redis.ts';
import { newPrefix, redisClient } from './subjects.ts';

interface Dump {
  readonly keys: Readonly<Record<string, { readonly value: string; readonly ttl: number }>>;
}

const user = 'solana:7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU';
const HOST = 'https://mcp.example.com';
/** When the data was written: the token at /mcp had an hour to live. */
const WRITTEN = (1_795_282_998 - 3600) * 1000;

const credentials = {
  clientId: 'cid-1',
  clientSecret: 'sec-1',
  redirectUri: 'http://localhost:3000/unused-dummy-atxp-callback',
};
const pkce = {
  codeVerifier: 'ver',
  codeChallenge: 'chal',
  resourceUrl: `${HOST}/mcp`,
  url: `${HOST}/mcp`,
};
const tokens = {
  '/mcp': {
    accessToken: 'at-full',
    refreshToken: 'rt-1',
    expiresAt: 1_795_282_998,
    resourceUrl: `${HOST}/mcp`,
  },
  '/norefresh': { accessToken: 'at-norefresh', expiresAt: 1_795_282_998, resourceUrl: `${HOST}/norefresh` },
  '/noexpiry': { accessToken: 'at-noexpiry', resourceUrl: `${HOST}/noexpiry` },
  '/ms': { accessToken: 'at-ms', refreshToken: 'rt-ms', expiresAt: 1_795_282_998_000, resourceUrl: 'x' },
};

async function dump(name: string): Promise<Dump['keys']> {
  const text = await readFile(new URL(`data/${name}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as Dump).keys;
}

/** Loads genuine data into the live server, under a prefix of this test's. */
async function load(name: string, client: Redis, from: string, to: string): Promise<void> {
  for (const [key, { value, ttl }] of Object.entries(await dump(name))) {
    const mine = key.replace(from, to);
    await (ttl < 0 ? client.set(mine, value) : client.set(mine, value, 'EX', ttl));
  }
}

type Open = (options: Omit<RedisOAuthDbConfig, 'redis'>) => RedisOAuthDb;

function closed(db: RedisOAuthDb): RedisOAuthDb {
  onTestFinished(() => db.close());
  return db;
}

const base64 = {
  encrypt: (data: string) => Buffer.from(data).toString('base64'),
  decrypt: (data: string) => Buffer.from(data, 'base64').toString(),
};

describe.each<[string, Open]>([
  ['with a URL', (options) => closed(new RedisOAuthDb({ ...options, redis: inject('standalone').url }))],
  ['with a client', (options) => closed(new RedisOAuthDb({ ...options, redis: redisClient() }))],
])('RedisOAuthDb %s', (_, open) => {
  const now = (): number => WRITTEN;

  it.each([
    ['as it is', 'redis-0.11.10', 'oauth:', {}],
    ['encrypted by callbacks', 'redis-0.11.10-base64', 'secure:oauth:', base64],
    [
      'encrypted by callbacks that take their time',
      'redis-0.11.10-base64',
      'secure:oauth:',
      {
        encrypt: async (data: string) => base64.encrypt(data),
        decrypt: async (data: string) => base64.decrypt(data),
      },
    ],
  ])(
    'reads what the original left behind, %s, and writes the same bytes',
    async (_how, file, prefix, ciphers) => {
      const client = redisClient();
      const keyPrefix = newPrefix();
      await load(file, client, prefix, keyPrefix);
      const db = open({ ...ciphers, keyPrefix, now });

      expect(await db.getClientCredentials('https://auth.atxp.ai')).toEqual(credentials);
      const publicClient = await db.getClientCredentials('https://public.example.com');
      expect(publicClient).toEqual({
        clientId: 'cid-2',
        clientSecret: '',
        redirectUri: 'http://localhost:3000/cb',
      });
      expect(await db.getPKCEValues(user, 'state-abc')).toEqual(pkce);
      for (const [path, token] of Object.entries(tokens)) {
        expect(await db.getAccessToken(user, HOST + path)).toEqual(token);
      }
      const inbound = { accessToken: 'inbound-token', expiresAt: 1_795_280_298, resourceUrl: '' };
      expect(await db.getAccessToken(user, '')).toEqual(inbound);

      const copyPrefix = newPrefix();
      const copy = open({ ...ciphers, keyPrefix: copyPrefix, now });
      await copy.saveClientCredentials('https://auth.atxp.ai', credentials);
      if (publicClient !== null) await copy.saveClientCredentials('https://public.example.com', publicClient);
      await copy.savePKCEValues(user, 'state-abc', pkce);
      for (const [path, token] of Object.entries(tokens))
        await copy.saveAccessToken(user, HOST + path, token);
      await copy.saveAccessToken(user, '', inbound);
      for (const [key, { value, ttl }] of Object.entries(await dump(file))) {
        if (/\/(past|zero)$/.test(key)) continue;
        const mine = key.replace(prefix, copyPrefix);
        expect([key, await client.get(mine)]).toEqual([key, value]);
        // In milliseconds the original took the expiry for one in 56,800 years.
        const life = key.endsWith('/ms') ? 3600 : ttl;
        const left = await client.ttl(mine);
        expect(Math.abs(left - life)).toBeLessThanOrEqual(1);
      }
    },
  );

  it('finds what had expired expired, and deletes what is of no more use', async () => {
    const client = redisClient();
    const keyPrefix = newPrefix();
    await load('redis-0.11.10', client, 'oauth:', keyPrefix);
    const db = open({ keyPrefix, now, refreshWindow: 0 });
    expect(await db.getAccessToken(user, `${HOST}/past`)).toBeNull();
    expect(await db.getAccessToken(user, `${HOST}/zero`)).toBeNull();
    expect(await client.exists(`${keyPrefix}access_token:${user}:${HOST}/zero`)).toBe(0);
  });

  it('reads what the client of npm left behind, in milliseconds, and lets it expire', async () => {
    const client = redisClient();
    const keyPrefix = newPrefix();
    await load('redis-0.11.10-by-client-0.2.22', client, 'oauth:', keyPrefix);
    let time = WRITTEN;
    const db = open({ keyPrefix, now: () => time });
    const url = 'https://example.com/a/b/mcp';
    const token = await db.getAccessToken('solana:abc', url);
    expect(token).toEqual({
      accessToken: 'testAccessToken',
      refreshToken: 'testRefreshToken',
      expiresAt: 1_795_282_998_702,
      resourceUrl: url,
    });
    time += 3601 * 1000;
    expect(await db.getAccessToken('solana:abc', url)).toEqual(token); // its refresh token can be used
    time += 301 * 1000;
    expect(await db.getAccessToken('solana:abc', url)).toBeNull();
  });

  it('lets Redis forget, and keeps the refresh token', async () => {
    const client = redisClient();
    const keyPrefix = newPrefix();
    const db = open({ keyPrefix, ttl: 0 });
    const seconds = Math.floor(Date.now() / 1000);
    const key = (url: string): string => `${keyPrefix}access_token:u:${url}`;
    const token = { accessToken: 'a', refreshToken: 'r', expiresAt: seconds + 1, resourceUrl: 'x' };
    await db.saveAccessToken('u', 'https://h/x', token);
    await db.saveAccessToken('u', 'https://h/plain', {
      accessToken: 'a',
      expiresAt: seconds + 1,
      resourceUrl: 'x',
    });
    await expect.poll(() => client.exists(key('https://h/x')), { timeout: 5000 }).toBe(0);
    expect(await db.getAccessToken('u', 'https://h/x')).toEqual(token);
    expect(await client.ttl(`${keyPrefix}refresh_token:u:https://h/x`)).toBeGreaterThan(29 * 86_400);
    expect(await db.getAccessToken('u', 'https://h/plain')).toBeNull();
    expect((await client.keys(`${keyPrefix}*`)).length).toBe(1);
  });

  it('gives lives as the options say', async () => {
    const client = redisClient();
    const keyPrefix = newPrefix();
    const plain = { accessToken: 'a', resourceUrl: 'x' };
    const lifeWith = async (options: object, token: object = plain): Promise<number> => {
      await open({ keyPrefix, ...options }).saveAccessToken('u', '', { ...plain, ...token });
      return client.ttl(`${keyPrefix}access_token:u:`);
    };
    expect(await lifeWith({})).toBeGreaterThan(DEFAULT_ACCESS_TOKEN_TTL_SECONDS - 3);
    expect(await lifeWith({ defaultTtl: 3600 })).toBeLessThanOrEqual(3600);
    expect(
      await lifeWith({ ttl: 1800 }, { expiresAt: Math.floor(Date.now() / 1000) + 9999 }),
    ).toBeLessThanOrEqual(1800);
  });

  it('tells what it cannot read from what is not there', async () => {
    const client = redisClient();
    const keyPrefix = newPrefix();
    const secret = 'secret-5f3a';
    const decrypt = (data: string): string => {
      throw new Error(`cannot decrypt ${data} with ${secret}`);
    };
    const db = open({ keyPrefix, decrypt });
    await db.saveClientCredentials('https://as', { ...credentials, clientSecret: secret });
    await db.saveAccessToken('u', '', { accessToken: secret, resourceUrl: '' });
    await client.set(`${keyPrefix}pkce:u:s`, `{"${secret}`);
    await client.set(
      `${keyPrefix}access_token:u:https://h/`,
      `{"encrypted_access_token":"${secret}","resource_url":"x","expires_at":"soon"}`,
    );
    const failures = await Promise.all([
      db.getClientCredentials('https://as').catch((error: unknown) => error),
      db.getAccessToken('u', '').catch((error: unknown) => error),
      db.getPKCEValues('u', 's').catch((error: unknown) => error),
      db.getAccessToken('u', 'https://h/').catch((error: unknown) => error),
    ]);
    const codes = failures.map((error) => (error as OAuthDatabaseError).code);
    expect(codes).toEqual([
      'OAUTHDB_UNDECRYPTABLE',
      'OAUTHDB_UNDECRYPTABLE',
      'OAUTHDB_CORRUPT',
      'OAUTHDB_CORRUPT',
    ]);
    for (const error of failures as Error[]) {
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(
        secret,
      );
    }
    // What is damaged can be replaced.
    await db.saveAccessToken('u', 'https://h/', { accessToken: 'a', resourceUrl: 'x' });
    expect(await open({ keyPrefix }).getAccessToken('u', 'https://h/')).toEqual({
      accessToken: 'a',
      resourceUrl: 'x',
    });
  });
});

describe('RedisOAuthDb', () => {
  it('calls a client as the original does, and puts what it keeps beside', async () => {
    const redis = redisClient();
    const sent: unknown[][] = [];
    const client = {
      get: (key: string) => redis.get(key),
      del: (key: string) => (sent.push(['del', key]), redis.del(key)),
      set: (key: string, value: string) => (sent.push(['set', key]), redis.set(key, value)),
      setex: (key: string, seconds: number, value: string) => (
        sent.push(['setex', key, seconds]),
        redis.setex(key, seconds, value)
      ),
      quit: () => redis.quit(),
    };
    const keyPrefix = newPrefix();
    const db = closed(new RedisOAuthDb({ redis: client, keyPrefix, now: () => WRITTEN }));
    await db.saveClientCredentials('https://as', credentials);
    await db.savePKCEValues('u', 's', pkce);
    await db.saveAccessToken('u', 'https://h/', { accessToken: 'a', resourceUrl: 'x' });
    await db.saveAccessToken('u', `${HOST}/mcp`, tokens['/mcp']);
    await db.saveAccessToken('u', '', { accessToken: 'a', expiresAt: 1, resourceUrl: 'x' });
    expect(await db.getAccessToken('u', '')).toBeNull();
    expect(sent).toEqual([
      ['set', `${keyPrefix}client_credentials:https://as`],
      ['setex', `${keyPrefix}pkce:u:s`, 600],
      ['setex', `${keyPrefix}access_token:u:https://h/`, 86_400],
      ['setex', `${keyPrefix}access_token:u:${HOST}/mcp`, 3600],
      ['setex', `${keyPrefix}refresh_token:u:${HOST}/mcp`, 3600 + 30 * 86_400],
      ['setex', `${keyPrefix}access_token:u:`, 1],
      ['del', `${keyPrefix}access_token:u:`],
    ]);
  });

  it.each(['URL', 'client'])('gives PKCE values to one of several processes, with a %s', async (kind) => {
    const keyPrefix = newPrefix();
    const [one, other] = [1, 2].map(() => {
      const redis = kind === 'URL' ? inject('standalone').url : redisClient();
      return closed(new RedisOAuthDb({ redis, keyPrefix, singleUsePkce: true }));
    }) as [RedisOAuthDb, RedisOAuthDb];
    for (let i = 0; i < 20; i++) {
      await one.savePKCEValues('u', `${i}`, pkce);
      const got = await Promise.all([one.getPKCEValues('u', `${i}`), other.getPKCEValues('u', `${i}`)]);
      expect(got.filter((values) => values !== null)).toEqual([pkce]);
    }
  });

  it('outlives its process, and the original deleting what has expired', async () => {
    const redis = redisClient();
    const keyPrefix = newPrefix();
    let now = WRITTEN;
    const open = (): RedisOAuthDb =>
      closed(new RedisOAuthDb({ redis: inject('standalone').url, keyPrefix, now: () => now }));
    const first = open();
    await first.saveAccessToken('u', `${HOST}/mcp`, tokens['/mcp']);
    await first.close();
    now += 3601 * 1000;
    await redis.del(`${keyPrefix}access_token:u:${HOST}/mcp`);
    expect(await open().getAccessToken('u', `${HOST}/mcp`)).toEqual(tokens['/mcp']);
  });

  const { password, token } = SECRETS;

  it.each(['URL', 'client', 'client that fails fast'])(
    'says in time that its server is away, and no secret: with a %s',
    (kind) =>
      silently(async () => {
        const server = await startPrivateServer({ password });
        const { host, port } = server;
        const url = `redis://:${password}@${host}:${port}/0`;
        const patience = kind === 'client' ? {} : { maxRetriesPerRequest: 0, enableOfflineQueue: false };
        const client = new Redis(url, { ...patience, lazyConnect: true });
        if (kind !== 'URL') await client.connect();
        client.on('error', () => {});
        const db = new RedisOAuthDb({ redis: kind === 'URL' ? url : client, commandTimeout: TIMEOUT_MS });
        await db.saveAccessToken('u', '', { accessToken: token, resourceUrl: '' });
        await server.kill();
        await expect.poll(() => kind === 'URL' || client.status !== 'ready').toBe(true);
        const read = await failureOf(() => db.getAccessToken('u', ''));
        expect(read.code).toMatch(/TIMEOUT|UNAVAILABLE/);
        const write = await failureOf(() =>
          db.saveAccessToken('u', '', { accessToken: token, resourceUrl: '' }),
        );
        expect(write.code).toMatch(/TIMEOUT|UNAVAILABLE/);
        await db.close();
        client.disconnect();
        await server.stop();
      }),
  );

  it('says so with a client of node-redis, too, which queues what it cannot send', () =>
    silently(async () => {
      const server = await startPrivateServer({ password });
      const { host, port } = server;
      const client = createClient({ url: `redis://:${password}@${host}:${port}` });
      client.on('error', () => {});
      await client.connect();
      const db = new RedisOAuthDb({ redis: client, commandTimeout: TIMEOUT_MS });
      await db.saveAccessToken('u', '', { accessToken: token, resourceUrl: '' });
      server.pause();
      const [read, write] = await Promise.all([
        failureOf(() => db.getAccessToken('u', '')),
        failureOf(() => db.savePKCEValues('u', 's', { ...pkce, codeVerifier: token })),
      ]);
      expect([read.code, read.outcome]).toEqual(['OAUTHDB_TIMEOUT', 'not_executed']);
      expect([write.code, write.outcome]).toEqual(['OAUTHDB_TIMEOUT', 'unknown']);
      server.resume();
      await expect
        .poll(() => db.getAccessToken('u', '').catch(() => null))
        .toMatchObject({ resourceUrl: '' });
      await db.close();
      // It is the application's.
      expect(await client.ping()).toBe('PONG');
      client.destroy();
      await server.stop();
    }));

  it.each(['ioredis', 'node-redis'])(
    'closes a client of %s that was passed in, if it is told to',
    async (of) => {
      const ioredis = redisClient();
      const nodeRedis = createClient({ url: inject('standalone').url });
      onTestFinished(() => nodeRedis.destroy());
      await nodeRedis.connect();
      const redis = of === 'ioredis' ? ioredis : nodeRedis;
      const db = new RedisOAuthDb({ redis, keyPrefix: newPrefix(), closeClient: true });
      await db.saveClientCredentials('https://as', credentials);
      await db.close();
      await db.close();
      await expect
        .poll(() => [ioredis.status, nodeRedis.isOpen])
        .toEqual(of === 'ioredis' ? ['end', true] : ['ready', false]);
    },
  );

  it('lends a client of node-redis under the names of ioredis', async () => {
    const nodeRedis = createClient({ url: inject('standalone').url });
    await nodeRedis.connect();
    onTestFinished(() => nodeRedis.destroy());
    const keyPrefix = newPrefix();
    const client = await closed(new RedisOAuthDb({ redis: nodeRedis, keyPrefix })).getRedisClient();
    await client.setex(`${keyPrefix}x`, 60, 'a');
    expect(await nodeRedis.ttl(`${keyPrefix}x`)).toBeGreaterThan(50);
    expect(await client.del(`${keyPrefix}x`)).toBe(1);
  });

  it('connects by TLS where the URL says so, and to nobody whose certificate is not trusted', async () => {
    const { host, port, ca } = inject('tls');
    const directory = await mkdtemp(join(tmpdir(), 'oauthdb-atxp-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'ca.pem'), ca);
    const program = `
      import { RedisOAuthDb } from '@oauthdb/atxp/redis';
      const db = new RedisOAuthDb({ redis: 'rediss://${host}:${port}', keyPrefix: '${newPrefix()}' });
      const saved = { clientId: 'cid', clientSecret: '', redirectUri: 'x' };
      await db.saveClientCredentials('https://as', saved)
        .then(async () => console.log((await db.getClientCredentials('https://as')).clientId))
        .catch(({ code }) => console.log(code));
      await db.close();
    `;
    const run = async (env: NodeJS.ProcessEnv): Promise<string> => {
      const args = [
        '--conditions=@oauthdb/source',
        '--no-warnings',
        '--input-type=module',
        '--eval',
        program,
      ];
      const cwd = fileURLToPath(new URL('..', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        cwd,
        env: { ...process.env, ...env },
      });
      return stdout;
    };
    // Without an option for it, as with the original: what Node.js trusts.
    expect(await run({ NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem') })).toBe('cid\n');
    expect(await run({})).toBe('OAUTHDB_CONFIG\n');
  });

  it('lends a client for other commands, as the original has one inside', async () => {
    const { url } = inject('standalone');
    const keyPrefix = newPrefix();
    const db = new RedisOAuthDb({ redis: url, keyPrefix });
    expect(db.keyPrefix).toBe(keyPrefix);
    await db.savePKCEValues('u', 's', pkce);
    const client = (await db.getRedisClient()) as Redis;
    expect(await db.getRedisClient()).toBe(client);
    expect(await client.ttl(`${keyPrefix}pkce:u:s`)).toBeGreaterThan(590);
    await db.close();
    await expect(client.ping()).rejects.toThrow('closed');
    const mine = redisClient();
    expect(await closed(new RedisOAuthDb({ redis: mine })).getRedisClient()).toBe(mine);
  });

  it('leaves a client open that was passed in, unless it is told to close it', async () => {
    const client = redisClient();
    await new RedisOAuthDb({ redis: client }).close();
    expect(await client.ping()).toBe('PONG');
    const db = new RedisOAuthDb({ redis: client, closeClient: true });
    await db.close();
    await expect(client.ping()).rejects.toThrow('closed');
  });

  it('says what Redis says, and not that the connection is lost', async () => {
    const client = redisClient();
    const keyPrefix = newPrefix();
    await client.lpush(`${keyPrefix}access_token:u:`, 'x');
    for (const redis of [client, inject('standalone').url]) {
      const db = closed(new RedisOAuthDb({ redis, keyPrefix }));
      // MGET passes over what is no string; GET says so.
      const result = await db.getAccessToken('u', '').catch((error: OAuthDatabaseError) => error.code);
      expect([null, 'OAUTHDB_CORRUPT']).toContain(result);
    }
  });

  it.each<[string, object, RegExp]>([
    ['no redis', {}, /redis must be a URL or a client/],
    ['a client of another kind', { redis: { get() {}, setEx() {} } }, /redis must be/],
    ['a URL that is none', { redis: 'http://h:pw-7f3a' }, /url/],
    ['an unknown option', { redis: 'redis://h', keyprefix: 'x' }, /unknown option keyprefix/],
    ['a life that is none', { redis: 'redis://h', defaultTtl: 0 }, /defaultTtl/],
    ['encrypt that is no function', { redis: 'redis://h', encrypt: 'aes' }, /encrypt must be a function/],
  ])('refuses with a TypeError: %s', (_, options, message) => {
    const construct = (): unknown => new RedisOAuthDb(options as RedisOAuthDbConfig);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });
});
