import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import type { OAuthDatabaseError } from '@oauthdb/core';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  IoredisClient,
  RedisDriver,
  type ConnectionListener,
  type RedisAddress,
  type RedisClient,
  type RedisSettings,
} from '../src/index.ts';
import { SentinelClient } from '../src/sentinel/sentinel-client.ts';
import { Sentinels } from '../src/sentinel/sentinels.ts';
import { soon } from './server.ts';

interface Said {
  readonly port: number;
  readonly epoch: number;
  /** The port of the one in whose place another one is put. */
  readonly handsOver?: number;
}

/** The way to a sentinel that says what a test has it say. Real ones agree too soon to be asked while they do not. */
class Saying implements RedisClient {
  isReady = true;
  says: (() => Said) | undefined;
  asked = 0;

  async send(_key: string, [, command]: readonly string[]): Promise<unknown> {
    this.asked++;
    if (this.says === undefined) return new Promise(() => {});
    const { port, epoch, handsOver } = this.says();
    if (command === 'MASTER') {
      const flags = handsOver === undefined ? 'master' : 'master,failover_in_progress,force_failover';
      const at = ['ip', '127.0.0.1', 'port', String(handsOver ?? port)];
      return ['name', 'main', ...at, 'flags', flags, 'config-epoch', String(epoch)];
    }
    return ['127.0.0.1', String(port)];
  }

  listen(_listener: ConnectionListener): void {}
  connect(): void {}
  reconnect(): void {}
  close(): void {}
}

const says = (port: number, epoch: number) => (): Said => ({ port, epoch });
const handsOver = (port: number, epoch: number) => (): Said => ({ port, epoch, handsOver: port });
const fails = (message: string) => (): never => {
  throw new Error(message);
};

/** Three sentinels, and what was heard of them. */
function three(handoverMs?: number): {
  sentinels: Sentinels;
  saying: Saying[];
  heard: string[];
  ask: () => Promise<string[]>;
} {
  const saying = [new Saying(), new Saying(), new Saying()];
  const heard: string[] = [];
  const listener = {
    moved: ({ port }: RedisAddress) => heard.push(`moved to ${port}`),
    confirmed: () => heard.push('confirmed'),
    handingOver: () => heard.push('handing over'),
    failed: ({ code }: OAuthDatabaseError) => heard.push(code),
  };
  const sentinels = new Sentinels(saying, 'main', listener, handoverMs);
  onTestFinished(() => sentinels.close());
  return {
    sentinels,
    saying,
    heard,
    ask: async () => {
      heard.length = 0;
      sentinels.ask();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [...heard];
    },
  };
}

describe('of several sentinels', () => {
  it('one alone is not believed before the others have been asked', async () => {
    const waiting = three();
    waiting.saying[0]!.says = says(1, 1);
    waiting.saying[1]!.says = fails('gone');
    expect(await waiting.ask()).toEqual([]);
    const alone = three();
    alone.saying[0]!.says = says(1, 1);
    alone.saying[1]!.says = fails('gone');
    alone.saying[2]!.says = fails('gone');
    expect(await alone.ask()).toContain('moved to 1');
  });

  it('the one that knows of the last failover is believed, whichever answers first', async () => {
    const { saying, ask } = three();
    saying.forEach((one, i) => (one.says = says(i + 1, i === 1 ? 8 : 7)));
    expect(await ask()).toContain('moved to 2');
    saying[2]!.says = says(3, 9);
    expect(await ask()).toContain('moved to 3');
    // The others still say what they said.
    expect(await ask()).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });

  it('one that has missed a failover takes nobody back, unless most of them were set up anew', async () => {
    const { saying, ask } = three();
    for (const one of saying) one.says = says(2, 5);
    expect(await ask()).toContain('moved to 2');
    saying[0]!.says = says(1, 4);
    saying[1]!.says = fails('gone');
    saying[2]!.says = fails('gone');
    // Those that say nothing any more have said it before.
    await ask();
    expect(await ask()).toEqual([]);
    saying[1]!.says = says(1, 0);
    expect(await ask()).toContain('moved to 1');
  });

  it('one that puts another server in the place of the master is believed, while the others know nothing of it', async () => {
    const { saying, ask } = three();
    for (const one of saying) one.says = says(1, 1);
    await ask();
    saying[2]!.says = handsOver(1, 1);
    expect((await ask()).at(-1)).toBe('handing over');
    // Where replicas follow the new one still.
    saying[2]!.says = () => ({ port: 2, epoch: 2, handsOver: 1 });
    expect(await ask()).toEqual(['handing over', 'handing over', 'moved to 2']);
    expect(await ask()).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });

  it('one that gives that up is believed, and one that goes on for too long is not', async () => {
    const { saying, ask } = three();
    for (const one of saying) one.says = says(1, 1);
    await ask();
    saying[0]!.says = handsOver(1, 1);
    expect((await ask()).at(-1)).toBe('handing over');
    saying[0]!.says = says(1, 1);
    expect(await ask()).toEqual(['confirmed', 'confirmed', 'confirmed']);
    const impatient = three(0);
    for (const one of impatient.saying) one.says = handsOver(1, 1);
    await impatient.ask();
    expect(await impatient.ask()).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });

  it('what they say of themselves is told when none knows: what most of them say', async () => {
    const { saying, ask } = three();
    for (const one of saying) one.says = fails('ERR No such master with that name');
    expect((await ask()).at(-1)).toBe('OAUTHDB_CONFIG');
    saying[0]!.says = fails('connect ECONNREFUSED');
    expect((await ask()).at(-1)).toBe('OAUTHDB_CONFIG');
    saying[1]!.says = fails('connect ECONNREFUSED');
    expect((await ask()).at(-1)).toBe('OAUTHDB_UNAVAILABLE');
    for (const one of saying) one.says = fails('NOAUTH Authentication required.');
    expect((await ask()).at(-1)).toBe('OAUTHDB_AUTH');
  });

  it('something else that listens there is no sentinel', async () => {
    const { saying, ask } = three();
    for (const one of saying) one.says = says(Number.NaN, 1);
    expect((await ask()).at(-1)).toBe('OAUTHDB_CONFIG');
  });
});

describe('a server that sentinels call the master', () => {
  async function server(...args: string[]): Promise<PrivateServer> {
    const started = await startPrivateServer({ args });
    onTestFinished(() => started.stop());
    return started;
  }

  /** A driver by one sentinel. */
  function open(sentinel: Saying): RedisDriver {
    const at = ({ host, port }: RedisAddress): RedisSettings => ({ host, port }) as RedisSettings;
    const connect = ({ host, port }: RedisSettings): RedisClient => {
      if (port === 0) return sentinel;
      const redis = new Redis({
        host,
        port,
        lazyConnect: true,
        enableOfflineQueue: false,
        enableReadyCheck: false,
        maxRetriesPerRequest: 0,
        retryStrategy: () => 50,
      });
      return new IoredisClient(redis, { isOurs: true });
    };
    const sentinels = [at({ host: '', port: 0 })];
    const client = new SentinelClient({ name: 'main', sentinels, node: at, silenceMs: 2000 }, connect);
    const driver = new RedisDriver(client);
    onTestFinished(() => driver.close());
    return driver;
  }

  const put = { puts: [{ key: 'k', value: 'v', expiresAt: null }] };
  const done = { committed: true, deleted: 0 };

  it('is not believed to be one before it says so itself', async () => {
    const [one, other] = [await server(), await server('--replicaof', '127.0.0.1', '1')];
    const sentinel = new Saying();
    sentinel.says = says(other.port, 1);
    const driver = open(sentinel);
    await expect(driver.read(['k'], soon(300))).rejects.toMatchObject({
      code: 'OAUTHDB_READONLY',
      outcome: 'not_executed',
      retryable: true,
    });
    sentinel.says = says(one.port, 2);
    expect(await driver.commit(put, soon())).toEqual(done);
    expect(await one.send('GET', 'k')).toBe('v');
  });

  it('is used as soon as it is one', async () => {
    const only = await server('--replicaof', '127.0.0.1', '1');
    const sentinel = new Saying();
    sentinel.says = says(only.port, 1);
    const driver = open(sentinel);
    await expect(driver.commit(put, soon(300))).rejects.toMatchObject({ code: 'OAUTHDB_READONLY' });
    await only.send('REPLICAOF', 'NO', 'ONE');
    expect(await driver.commit(put, soon())).toEqual(done);
  });

  it('is left when it is none any more, though nobody else is named yet', async () => {
    const [one, other] = [await server(), await server()];
    const sentinel = new Saying();
    sentinel.says = says(one.port, 1);
    const driver = open(sentinel);
    await driver.commit(put, soon());
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await one.send('REPLICAOF', other.host, '1');
    await expect(driver.commit(put, soon(300))).rejects.toMatchObject({ code: 'OAUTHDB_READONLY' });
    // Not even to read: what was revoked elsewhere is unknown there.
    await expect(driver.read(['k'], soon(300))).rejects.toMatchObject({ code: 'OAUTHDB_READONLY' });
    sentinel.says = says(other.port, 2);
    expect(await driver.commit(put, soon())).toEqual(done);
    expect(await other.send('GET', 'k')).toBe('v');
  });

  it('is left when another one is named, though it takes writes as before', async () => {
    const [one, other] = [await server(), await server()];
    const sentinel = new Saying();
    sentinel.says = says(one.port, 1);
    const driver = open(sentinel);
    await driver.commit(put, soon());
    sentinel.says = says(other.port, 2);
    await expect.poll(() => driver.commit(put, soon()).then(() => other.send('EXISTS', 'k'))).toBe(1);
    expect(await one.send('DBSIZE')).toBe(1);
    expect(String(await one.send('CLIENT', 'LIST'))).not.toMatch(/cmd=evalsha/);
  });

  it('is sent nothing while another one is put in its place, and calls wait for that one', async () => {
    const [one, other] = [await server(), await server()];
    const sentinel = new Saying();
    sentinel.says = says(one.port, 1);
    const driver = open(sentinel);
    await driver.commit(put, soon());
    await one.send('DEL', 'k');
    sentinel.says = handsOver(one.port, 1);
    await expect
      .poll(() => driver.read(['k'], soon(50)).catch((error: unknown) => error))
      .toMatchObject({ code: 'OAUTHDB_UNAVAILABLE', outcome: 'not_executed', retryable: true });
    const waiting = driver.commit(put, soon());
    sentinel.says = says(other.port, 2);
    expect(await waiting).toEqual(done);
    expect(await one.send('EXISTS', 'k')).toBe(0);
    expect(await other.send('GET', 'k')).toBe('v');
  });

  it('is gone back to when it was to hand over, and has not', async () => {
    const only = await server();
    const sentinel = new Saying();
    sentinel.says = says(only.port, 1);
    const driver = open(sentinel);
    await driver.commit(put, soon());
    sentinel.says = handsOver(only.port, 1);
    await expect
      .poll(() => driver.read(['k'], soon(50)).catch((error: unknown) => error))
      .toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    sentinel.says = says(only.port, 1);
    expect(await driver.read(['k'], soon())).toEqual([{ value: 'v', version: 'v' }]);
  });

  it('is gone back to when its connection breaks', async () => {
    const only = await server();
    const sentinel = new Saying();
    sentinel.says = says(only.port, 1);
    const driver = open(sentinel);
    await driver.commit(put, soon());
    await only.send('CLIENT', 'KILL', 'TYPE', 'normal');
    await expect
      .poll(() => driver.read(['k'], soon()).catch(() => null))
      .toEqual([{ value: 'v', version: 'v' }]);
  });
});
