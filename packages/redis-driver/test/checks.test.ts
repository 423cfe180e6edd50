import { freePort } from '@oauthdb/test-redis/ports';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import type {} from '@oauthdb/test-redis/setup';
import { DriverDatabase, type Finding } from '@oauthdb/core';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { findingsOf } from '../src/checks/check.ts';
import { commands } from '../src/checks/permissions.ts';
import type { Facts } from '../src/checks/facts.ts';
import { IoredisClient, RedisDriver } from '../src/index.ts';
import { SCRIPT } from '../src/script.ts';
import { soon } from './server.ts';

const OPEN = ['--appendonly', 'yes'];
const GOOD = [...OPEN, '--requirepass', 'secret'];
const PASSWORD = ['--requirepass', 'secret'];
const prefixes = ['app:', 'app2:'];

interface Server {
  readonly command: (...words: string[]) => Promise<unknown>;
  readonly driver: (user?: { username: string; password: string }) => RedisDriver;
}

/** A server of its own, set up in some way. */
async function server(...args: string[]): Promise<Server> {
  const isOpen = !args.includes('--requirepass');
  const others = args.filter((arg) => arg !== '--requirepass' && arg !== 'secret');
  const started = await startPrivateServer({ args: others, ...(isOpen ? {} : { password: 'secret' }) });
  onTestFinished(() => started.stop());
  const { host, port } = started;
  const password = isOpen ? {} : { password: 'secret' };
  return {
    command: (...words) => started.send(...words),
    driver: (user) => {
      const redis = new Redis({ host, port, ...password, ...user });
      onTestFinished(() => redis.disconnect());
      return new RedisDriver(new IoredisClient(redis, { isOurs: false }));
    },
  };
}

async function codes(driver: RedisDriver, now = Date.now()): Promise<string[]> {
  const found = await driver.check(prefixes, { ...soon(), now });
  for (const one of found)
    for (const text of [one.message, one.meaning, one.remedy]) expect(text).not.toBe('');
  return found.map(({ code }) => code);
}

async function severity(driver: RedisDriver, code: string): Promise<Finding['severity'] | undefined> {
  return (await driver.check(prefixes, soon())).find((one) => one.code === code)?.severity;
}

describe('a server that is set up well', () => {
  it.each([
    ['with an append-only file', GOOD],
    ['with a memory limit', [...GOOD, '--maxmemory', '100mb']],
    ['that writes through', [...GOOD, '--appendfsync', 'always']],
    ['with snapshots, too', [...GOOD, '--save', '3600 1']],
  ])('has nothing to be said of: %s', async (_name, args) => {
    expect(await codes((await server(...args)).driver())).toEqual([]);
  });
});

describe('what endangers tokens is found', () => {
  it.each([
    ['eviction_policy', [...GOOD, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']],
    ['no_persistence', [...PASSWORD, '--save', '']],
    ['rdb_only', [...PASSWORD, '--save', '3600 1']],
    ['appendfsync_no', [...GOOD, '--appendfsync', 'no']],
    ['replica', [...GOOD, '--replicaof', '127.0.0.1 1']],
    ['open_default_user', OPEN],
  ])('%s', async (code, args) => {
    expect(await codes((await server(...args)).driver())).toContain(code);
  });

  it('cluster_mismatch', async () => {
    // Its own is ten thousand above the other, where outgoing connections may have it.
    const bus = ['--cluster-port', String(await freePort())];
    const { command, driver } = await server(...GOOD, '--cluster-enabled', 'yes', ...bus);
    await command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await expect
      .poll(async () => String(await command('CLUSTER', 'INFO')), { timeout: 20_000 })
      .toMatch(/cluster_state:ok/);
    expect(await codes(driver())).toEqual(['cluster_mismatch']);
  });

  it('memory_nearly_full', async () => {
    const { command, driver } = await server(...GOOD);
    const used = /used_memory:(\d+)/.exec(String(await command('INFO', 'memory')))?.[1];
    await command('CONFIG', 'SET', 'maxmemory', String(Math.ceil(Number(used) * 1.02)));
    expect(await codes(driver())).toEqual(['memory_nearly_full']);
  });

  it('clock_skew', async () => {
    const { driver } = await server(...GOOD);
    for (const [ahead, expected] of [
      [-90_000, ['clock_skew']],
      [30_000, ['clock_skew']],
      [500, []],
    ] as const) {
      expect(await codes(driver(), Date.now() + ahead)).toEqual(expected);
    }
  });

  it('missing_permission, and by name which', async () => {
    const { command, driver } = await server(...GOOD);
    const user = { username: 'app', password: 'p' };
    await command(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>p',
      '~app:*',
      '~{app:*',
      '~app2:*',
      '~{app2:*',
      '+@all',
      '-zadd',
      '-pexpire',
    );
    const found = await driver(user).check(prefixes, soon());
    expect(found.map(({ code }) => code)).toEqual(['missing_permission']);
    expect(found[0]?.message).toMatch(/ZADD, PEXPIRE/);
    await command('ACL', 'SETUSER', 'app', '+@all', 'resetkeys', '~app:*', '~{app:*');
    expect(await severity(driver(user), 'missing_permission')).toBe('error');
    await command('ACL', 'SETUSER', 'app', 'allkeys');
    expect(await codes(driver(user))).toEqual([]);
  });

  it('missing_permission, of every command that the script has', () => {
    const tried = new Set(commands('t', 's', 'z').map(([name]) => name));
    const used = [...SCRIPT.matchAll(/call\('([A-Z]+)'/g)].map(([, name]) => name);
    // Of records that another program has stored as hashes.
    const hashes = ['TYPE', 'HGET', 'HLEN'];
    expect(used.filter((name) => !tried.has(name) && !hashes.includes(name as string))).toEqual([]);
    expect(used.length).toBeGreaterThan(15);
  });

  it('as far as may be asked: a user without rights of an administrator is told what can be known', async () => {
    const { username, password } = inject('standalone').user;
    const { host, port } = inject('standalone');
    const redis = new Redis({ host, port, username, password });
    onTestFinished(() => redis.disconnect());
    const driver = new RedisDriver(new IoredisClient(redis, { isOurs: false }));
    // Whether there are snapshots may not be asked.
    expect((await driver.check(['app:', 'app:2:'], soon())).map(({ code }) => code)).toEqual(['rdb_only']);
    expect(await driver.describe(soon())).toMatchObject({
      role: 'master',
      version: expect.stringMatching(/^\d/),
    });
  });

  it('leaves nothing behind', async () => {
    const { command, driver } = await server(...GOOD);
    await codes(driver());
    const keys = (await command('KEYS', '*')) as string[];
    const lives = await Promise.all(keys.map((key) => command('PTTL', key)));
    for (const life of lives) expect(Number(life)).toBeGreaterThan(-1);
  });
});

describe('the health of a database', () => {
  it('is degraded where it is read and not written', async () => {
    const { driver } = await server(...GOOD, '--replicaof', '127.0.0.1 1');
    const db = new DriverDatabase(driver(), { maxRetriesPerRequest: 0 });
    const { status, reason, writeMs, role } = await db.health();
    expect([status, reason, writeMs, role]).toEqual(['degraded', 'OAUTHDB_READONLY', null, 'replica']);
  });

  it('is not said where it cannot be reached', async () => {
    const { command, driver } = await server(...GOOD);
    const db = new DriverDatabase(driver(), { maxRetriesPerRequest: 0, commandTimeout: 500 });
    expect((await db.health()).status).toBe('ok');
    await command('SHUTDOWN', 'NOSAVE').catch(() => {});
    await expect(db.health()).rejects.toMatchObject({ name: 'OAuthDatabaseError', retryable: true });
  });
});

describe('what a server says', () => {
  const facts: Facts = {
    info: { redis_version: '7.0.15', role: 'master', aof_enabled: '1', maxmemory_policy: 'noeviction' },
    config: { appendfsync: 'everysec', 'tls-port': '0', bind: '127.0.0.1' },
    client: { addr: '127.0.0.1:50000', laddr: '127.0.0.1:6379' },
    defaultUser: ['on'],
    skewMs: 0,
    cluster: {},
  };
  const found = (more: Partial<Facts>, isCluster = false): string[] =>
    findingsOf({ ...facts, ...more }, isCluster).map(({ code }) => code);
  const away = { addr: '192.0.2.7:50000', laddr: '192.0.2.1:6379' };

  it('is taken for what it means', () => {
    expect(found({})).toEqual([]);
    for (const [version, old] of [
      ['6.0.16', true],
      ['5.0.7', true],
      ['6.2.0', false],
      ['8.0.1', false],
    ] as const)
      expect(found({ info: { ...facts.info, redis_version: version } })).toEqual(old ? ['old_version'] : []);
    expect(found({ info: { ...facts.info, aof_last_write_status: 'err' } })).toEqual(['persistence_failing']);
    expect(found({ info: { ...facts.info, loading: '1' } })).toEqual(['loading']);
    expect(found({ client: away })).toEqual(['plaintext']);
    expect(
      found({
        client: { ...away, laddr: '192.0.2.1:6380' },
        config: { ...facts.config, 'tls-port': '6380' },
      }),
    ).toEqual([]);
    const listeners = { listener0: 'name=tcp,bind=*,port=6379', listener1: 'name=tls,bind=*,port=6380' };
    const shown = { info: { ...facts.info, ...listeners }, config: {} };
    expect(found({ ...shown, client: away })).toEqual(['plaintext']);
    expect(found({ ...shown, client: { ...away, laddr: '192.0.2.1:6380' } })).toEqual([]);
    for (const addr of ['[::1]:5', '/var/run/redis.sock:0'])
      expect(found({ client: { ...away, addr } })).toEqual([]);
    expect(found({ defaultUser: ['on', 'nopass'] })).toEqual(['open_default_user']);
    expect(found({ defaultUser: ['off', 'nopass'] })).toEqual([]);
    const clustered = { info: { ...facts.info, cluster_enabled: '1' } };
    expect(
      found({ ...clustered, cluster: { cluster_state: 'fail', cluster_slots_ok: '5461' } }, true),
    ).toEqual(['cluster_incomplete']);
    expect(
      found({ ...clustered, cluster: { cluster_state: 'ok', cluster_slots_ok: '16384' } }, true),
    ).toEqual([]);
    expect(found({ info: {}, config: {}, client: {}, defaultUser: undefined })).toEqual([]);
  });
});
