import type { OAuthDatabaseError } from '@oauthdb/core';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Acknowledgements } from '../src/acknowledgements.ts';
import {
  callIoredis,
  IoredisClient,
  RedisDriver,
  redisOptions,
  slotOf,
  type Durability,
  type RedisClient,
} from '../src/index.ts';
import { connect, namespace, soon } from './server.ts';

/** How long replicas are waited for that do not come, and those that do, on a busy machine. */
const [TIMEOUT_MS, PATIENCE_MS] = [200, 10_000];

async function server(...args: readonly string[]): Promise<PrivateServer> {
  const started = await startPrivateServer({ args: ['--repl-diskless-sync-delay', '0', ...args] });
  onTestFinished(() => started.stop());
  return started;
}

/** A replica that has caught up. */
async function replicaOf(master: PrivateServer): Promise<PrivateServer> {
  const replica = await server('--replicaof', master.host, String(master.port));
  const isUp = async (): Promise<unknown> => {
    await master.send('SET', 'link', 'up');
    return replica.send('GET', 'link');
  };
  await expect.poll(isUp, { timeout: 10_000 }).toBe('up');
  await expect.poll(() => master.send('WAIT', '1', '1000'), { timeout: 10_000 }).toBe(1);
  return replica;
}

/** A client that remembers what is sent to which node. */
class Recording extends IoredisClient {
  readonly sent: string[] = [];

  override send(key: string, args: readonly string[]): Promise<unknown> {
    this.sent.push(args[0] ?? '');
    return super.send(key, args);
  }
}

function open(client: RedisClient, durability: Durability): RedisDriver {
  const driver = new RedisDriver(client, { durability });
  onTestFinished(() => driver.close());
  return driver;
}

const replicated = (replicas: number, timeoutMs = PATIENCE_MS): Durability => ({
  profile: 'replicated',
  replicas,
  timeoutMs,
});
const own = (redis: Redis): Recording => new Recording(redis, { isOurs: false });
const put = (key: string, value = 'v') => ({ puts: [{ key, value, expiresAt: null }] });
const NOT_REPLICATED = { code: 'OAUTHDB_NOT_REPLICATED', outcome: 'unknown', retryable: true };

describe('a change that replicas acknowledge', () => {
  it('is there on all of them, and costs a WAIT; what reads costs none', async () => {
    const master = await server();
    const replica = await replicaOf(master);
    const client = own(connect(master));
    const driver = open(client, replicated(1));
    expect(await driver.commit(put('k'), soon())).toEqual({ committed: true, deleted: 0 });
    expect(await replica.send('GET', 'k')).toBe('v');
    client.sent.length = 0;
    await driver.commit(put('k', 'w'), soon());
    await driver.read(['k'], soon());
    await driver.timeLeft(['k'], soon());
    await driver.list({ prefix: 'k' }, { limit: 10 }, soon());
    expect(client.sent).toEqual(['EVALSHA', 'WAIT', 'GET', 'PTTL', 'SCAN']);
  });

  it('shares its WAIT with the others of its turn', async () => {
    const master = await server();
    await replicaOf(master);
    const client = own(connect(master));
    const driver = open(client, replicated(1));
    await driver.commit(put('k'), soon());
    client.sent.length = 0;
    await Promise.all(Array.from({ length: 300 }, (_, i) => driver.commit(put(`k${i}`), soon())));
    expect(client.sent.filter((command) => command === 'WAIT').length).toBeLessThan(10);
  });

  it('fails where there are too few of them, though it was made, and every call settles soon', async () => {
    const master = await server();
    const driver = open(own(connect(master)), replicated(1, TIMEOUT_MS));
    await expect(driver.commit(put('k'), soon())).rejects.toMatchObject(NOT_REPLICATED);
    expect(await master.send('GET', 'k')).toBe('v');
    const at = soon(5000);
    const settled = await Promise.allSettled([
      ...Array.from({ length: 100 }, (_, i) => driver.commit(put(`k${i}`), at)),
      ...Array.from({ length: 100 }, (_, i) => driver.read([`k${i}`], at)),
    ]);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    // One WAIT after the other would have taken 100 times as long.
    expect(performance.now()).toBeLessThan(at.deadline - 5000 + 10 * TIMEOUT_MS);
  });

  it('that is repeated answers as it should, as soon as they are there', async () => {
    const master = await server();
    const driver = open(own(connect(master)), replicated(1, TIMEOUT_MS));
    await master.send('SET', 'code', 'grant');
    const mine = { key: 'code', attempt: 'mine', rememberMs: 60_000 };
    await expect(driver.take(mine, soon())).rejects.toMatchObject(NOT_REPLICATED);
    await expect(driver.take(mine, soon())).rejects.toMatchObject(NOT_REPLICATED);
    // Nothing was changed for this one, so that nothing has to be replicated.
    const another = { ...mine, attempt: 'another' };
    expect(await driver.take(another, soon())).toEqual({ status: 'used', value: 'grant' });
    const replica = await replicaOf(master);
    // On a busy machine it may answer too late, and is asked again.
    const again = (): Promise<unknown> => driver.take(mine, soon()).catch(() => null);
    await expect.poll(again, { timeout: 10_000 }).toEqual({ status: 'taken', value: 'grant' });
    expect(await replica.send('EXISTS', 'code')).toBe(0);
  });

  it('is told from those that were sent with it and have changed nothing', async () => {
    const master = await server();
    const driver = open(own(connect(master)), replicated(1, TIMEOUT_MS));
    await master.send('SET', 'there', 'v');
    const warm = driver.read(['there'], soon());
    const [made, refused, absent] = await Promise.allSettled([
      driver.commit(put('new'), soon()),
      driver.commit({ ...put('other'), checks: [{ key: 'there', version: null }] }, soon()),
      driver.take({ key: 'none', attempt: 'a', rememberMs: 1000 }, soon()),
    ]);
    await warm;
    expect(made).toMatchObject({ status: 'rejected', reason: NOT_REPLICATED });
    expect(refused).toMatchObject({ status: 'fulfilled', value: { committed: false } });
    expect(absent).toMatchObject({ status: 'fulfilled', value: { status: 'absent' } });
  });

  it('may have been made where the user may not ask', async () => {
    const master = await server('--user', 'app', 'on', '>pw', '~*', '+@all', '-wait');
    const redis = new Redis({ port: master.port, username: 'app', password: 'pw' });
    onTestFinished(() => redis.disconnect());
    const driver = open(own(redis), replicated(1));
    await expect(driver.commit(put('k'), soon())).rejects.toMatchObject({
      code: 'OAUTHDB_AUTH',
      outcome: 'unknown',
    });
  });

  it('may have been made where the connection is lost meanwhile', async () => {
    const master = await server();
    const redis = new Redis({
      port: master.port,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      lazyConnect: true,
    });
    await redis.connect();
    redis.on('error', () => {});
    onTestFinished(() => redis.disconnect());
    const driver = open(own(redis), { profile: 'replicated', replicas: 1, timeoutMs: 60_000 });
    await driver.read(['k'], soon());
    const call = driver.commit(put('k'), soon(60_000)).then(
      () => 'acknowledged',
      ({ code, outcome }: OAuthDatabaseError) => `${code} ${outcome}`,
    );
    await expect.poll(() => master.send('EXISTS', 'k')).toBe(1);
    await master.kill();
    expect(await call).toBe('OAUTHDB_UNAVAILABLE unknown');
  });

  it('is waited for at the node of a cluster that has made it', async () => {
    const redis = new Cluster([...inject('cluster').nodes]);
    onTestFinished(() => redis.disconnect());
    const asked: string[] = [];
    const client = new IoredisClient(redis, {
      isOurs: false,
      cluster: {
        nodeOf: (slot) => redis.slots[slot]?.[0],
        masters: () =>
          redis.nodes('master').map((node) => {
            const name = `${node.options.host}:${node.options.port}`;
            const send = (args: readonly string[]): Promise<unknown> => {
              asked.push(`${args[0]} ${name}`);
              return callIoredis(node, args);
            };
            return { name, send };
          }),
      },
    });
    const driver = open(client, replicated(1));
    const keys = ['a', 'b', 'c', 'd'].map((key) => namespace() + key);
    for (const key of keys) await driver.commit(put(key), soon());
    expect(asked).toEqual(keys.map((key) => `WAIT ${redis.slots[slotOf(key)]?.[0]}`));
    // Each has one replica.
    await expect(
      open(client, replicated(2, TIMEOUT_MS)).commit(put(namespace()), soon()),
    ).rejects.toMatchObject(NOT_REPLICATED);
  });
});

describe('a question to the replicas', () => {
  it('is never asked twice at once, and answers all who came before it', async () => {
    const asked: PromiseWithResolvers<number>[] = [];
    const acknowledgements = new Acknowledgements(() => {
      const answer = Promise.withResolvers<number>();
      asked.push(answer);
      return answer.promise;
    });
    const first = [acknowledgements.next(), acknowledgements.next()];
    await Promise.resolve();
    expect(asked).toHaveLength(1);
    const second = acknowledgements.next();
    await Promise.resolve();
    expect(asked).toHaveLength(1);
    asked[0]?.resolve(1);
    expect(await Promise.all(first)).toEqual([1, 1]);
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.resolve(0);
    expect(await second).toBe(0);
  });

  it('that fails is answered for nobody who came before: the next connection knows nothing of them', async () => {
    const asked: PromiseWithResolvers<number>[] = [];
    const acknowledgements = new Acknowledgements(() => {
      const answer = Promise.withResolvers<number>();
      asked.push(answer);
      return answer.promise;
    });
    const first = acknowledgements.next();
    await Promise.resolve();
    const second = acknowledgements.next();
    asked[0]?.reject(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await expect(second).rejects.toThrow('gone');
    expect(asked).toHaveLength(1);
    const third = acknowledgements.next();
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.resolve(1);
    expect(await third).toBe(1);
  });
});

describe('a server that must sync each write', () => {
  const ALWAYS = ['--appendonly', 'yes', '--appendfsync', 'always'];

  it('is used if it does', async () => {
    const master = await server(...ALWAYS);
    const client = own(connect(master));
    const driver = open(client, { profile: 'fsync' });
    await driver.commit(put('k'), soon());
    expect(await driver.read(['k'], soon())).toEqual([{ value: 'v', version: 'v' }]);
    expect(client.sent).toEqual(['CONFIG', 'CONFIG', 'EVAL', 'EVALSHA', 'GET']);
  });

  it.each([
    ['has no append-only file', []],
    ['syncs it now and then', ['--appendonly', 'yes', '--appendfsync', 'everysec']],
    ['leaves that to the system', ['--appendonly', 'yes', '--appendfsync', 'no']],
  ])('is refused if it %s, and nothing is written; it is used once that is put right', async (_, args) => {
    const master = await server(...args);
    const driver = open(own(connect(master)), { profile: 'fsync' });
    const refused = { code: 'OAUTHDB_CONFIG', outcome: 'not_executed', retryable: false };
    await expect(driver.commit(put('k'), soon())).rejects.toMatchObject(refused);
    await expect(driver.commit(put('k'), soon())).rejects.toThrow(/appendonly yes and appendfsync always/);
    await expect(driver.read(['k'], soon())).rejects.toMatchObject(refused);
    expect(await master.send('DBSIZE')).toBe(0);
    await master.send('CONFIG', 'SET', 'appendonly', 'yes');
    await master.send('CONFIG', 'SET', 'appendfsync', 'always');
    expect((await driver.commit(put('k'), soon())).committed).toBe(true);
  });

  it('is looked at on each connection', async () => {
    const master = await server(...ALWAYS);
    const redis = connect(master);
    const driver = open(own(redis), { profile: 'fsync' });
    await driver.commit(put('k'), soon());
    await master.send('CONFIG', 'SET', 'appendfsync', 'everysec');
    await driver.commit(put('k'), soon());
    redis.disconnect(true);
    await expect
      .poll(() => driver.commit(put('k'), soon()).catch((error: Error) => error.message))
      .toContain('appendfsync always');
  });

  it('is refused where the user may not ask, in words that say what is missing', async () => {
    const master = await server(...ALWAYS, '--user', 'app', 'on', '>pw', '~*', '+@all', '-config');
    const redis = new Redis({ port: master.port, username: 'app', password: 'pw' });
    onTestFinished(() => redis.disconnect());
    const driver = open(own(redis), { profile: 'fsync' });
    await expect(driver.commit(put('k'), soon())).rejects.toThrow(/needs the right.*\+config\|get/);
  });
});

describe('the option durability', () => {
  const durabilityOf = (durability: unknown, more: object = {}): unknown =>
    redisOptions({ durability, ...more } as object).durability;

  it('has a default, and is a name or more', () => {
    expect(redisOptions().durability).toEqual({ profile: 'default' });
    expect(durabilityOf('fsync')).toEqual({ profile: 'fsync' });
    expect(durabilityOf('replicated')).toEqual({ profile: 'replicated', replicas: 1, timeoutMs: 500 });
    expect(durabilityOf({ profile: 'replicated', replicas: 2 }, { commandTimeout: 100 })).toEqual({
      profile: 'replicated',
      replicas: 2,
      timeoutMs: 25,
    });
    expect(durabilityOf({ profile: 'replicated', replicationTimeout: 900 })).toMatchObject({
      timeoutMs: 900,
    });
  });

  it('goes with a client of the application’s', () => {
    expect(redisOptions({ client: {}, durability: 'fsync' }).durability).toEqual({ profile: 'fsync' });
  });

  it.each<[unknown, RegExp]>([
    ['always', /durability must be one of default, replicated, fsync, received "always"/],
    [5, /durability must be the name of a profile or an object, received a number/],
    [[], /durability must be the name of a profile or an object, received an array/],
    [{}, /durability must be one of .*, received undefined/],
    [{ profile: 'replicated', replica: 1 }, /unknown option replica/],
    [{ profile: 'replicated', replicas: 0 }, /durability\.replicas must be from 1/],
    [
      { profile: 'replicated', replicas: '1' },
      /durability\.replicas must be a whole number, received a string/,
    ],
    [
      { profile: 'replicated', replicationTimeout: 1500 },
      /durability\.replicationTimeout must be from 1 to 1000/,
    ],
    [{ profile: 'fsync', replicas: 1 }, /would do nothing: the profile is fsync/],
  ])('is refused with a TypeError: %j', (durability, message) => {
    expect(() => durabilityOf(durability)).toThrow(TypeError);
    expect(() => durabilityOf(durability)).toThrow(message);
  });

  it.each([
    ['default', 'configured', 'configured', 'window'],
    ['replicated', 'configured', 'configured', 'configured'],
    ['fsync', 'yes', 'yes', 'window'],
  ] as const)('promises by %s what it can', (profile, serverCrash, powerLoss, failover) => {
    const { durability } = redisOptions({ durability: profile });
    const { guarantees } = open(own(new Redis({ lazyConnect: true })), durability);
    expect(guarantees).toMatchObject({
      profile,
      survives: { processCrash: 'yes', serverCrash, powerLoss, failover },
      singleUse: 'until_failover',
    });
  });
});
