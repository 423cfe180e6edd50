import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { aclRules, APPLICATION_COMMANDS } from '../../src/doctor/acl.ts';
import { directory } from '../cli/cli.ts';
import { run } from '../cli/cli.ts';
import { deploy, deployDirectory } from './deployed.ts';

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly environment?: string }>>;
  readonly volumes?: object;
}

interface Service {
  readonly command?: string | readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly mem_limit?: string;
  readonly restart?: string;
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: object;
  readonly healthcheck?: { readonly test: readonly string[]; readonly interval: string };
}

const text = (name: string): Promise<string> => readFile(join(deployDirectory, name), 'utf8');
const compose = async (name: string): Promise<Compose> => parse(await text(name), { merge: true }) as Compose;

describe('compose.yaml', () => {
  it('asks for a password that no command line, no configuration and no environment of the container shows', async () => {
    const { services, secrets } = await compose('compose.yaml');
    expect(secrets).toEqual({ redis_password: { environment: 'REDIS_PASSWORD' } });
    expect(services['redis']?.secrets).toEqual(['redis_password']);
    // Compose would put it in wherever it is named so.
    expect(await text('compose.yaml')).not.toMatch(/(?<!\$)\$\{?REDIS_PASSWORD/);
    expect(services['redis']?.environment).toBeUndefined();
  });

  it('is reachable from this machine only', async () => {
    const { services } = await compose('compose.yaml');
    expect(services['redis']?.ports).toEqual(['127.0.0.1:6379:6379']);
  });

  it('keeps its data, starts again, has a health check, and more memory than Redis may take', async () => {
    const { services, volumes } = await compose('compose.yaml');
    const { redis } = services;
    expect(redis).toMatchObject({
      restart: 'unless-stopped',
      mem_limit: '576m',
      healthcheck: { interval: '30s' },
    });
    expect(redis?.volumes).toContain('redis-data:/data');
    expect(volumes).toHaveProperty('redis-data');
    const [kind, check] = redis?.healthcheck?.test ?? [];
    expect(kind).toBe('CMD-SHELL');
    expect(check).toMatch(/^REDISCLI_AUTH="\$\$\(cat \/run\/secrets\/redis_password\)" redis-cli ping/);
  });

  it('mounts files that are there', async () => {
    const { services } = await compose('compose.yaml');
    const mounted = services['redis']?.volumes?.filter((volume) => volume.startsWith('./')) ?? [];
    expect(mounted).toHaveLength(3);
    for (const volume of mounted) expect(await text(volume.split(':')[0] as string)).not.toBe('');
  });
});

describe('compose.cluster.yaml', () => {
  it('has six nodes on loopback, and somebody who joins them', async () => {
    const { services } = await compose('compose.cluster.yaml');
    const { join: joining, ...nodes } = services;
    const ports = Object.values(nodes).map(({ environment }) => environment?.['PORT']);
    expect(ports).toEqual(['7000', '7001', '7002', '7003', '7004', '7005']);
    for (const node of Object.values(nodes)) {
      expect(String(node.command)).toContain('--bind 127.0.0.1');
      expect(node.network_mode).toBe('host');
    }
    expect(Object.keys(joining?.depends_on ?? {})).toEqual(Object.keys(nodes));
    expect(joining?.command).toEqual(expect.arrayContaining(ports.map((port) => `127.0.0.1:${port}`)));
  });
});

describe('redis.conf and users.acl, started for real', () => {
  it('refuse everybody without a password, and give the application what it needs and no more', async () => {
    await using deployed = await deploy();
    const { host, port, adminPassword, applicationPassword: password } = deployed;
    await using open = new RedisOAuthDatabase({ host, port });
    await expect(open.getToken('k')).rejects.toMatchObject({ code: 'OAUTHDB_AUTH' });
    await using db = new RedisOAuthDatabase({ host, port, username: 'oauthdb', password });
    await db.storeToken('k', 'value');
    expect(await db.getToken('k')).toBe('value');
    await using elsewhere = new RedisOAuthDatabase({
      host,
      port,
      username: 'oauthdb',
      password,
      keyPrefix: 'other:',
    });
    await expect(elsewhere.getToken('k')).rejects.toMatchObject({ code: 'OAUTHDB_AUTH' });
    await using admin = new RedisOAuthDatabase({ host, port, password: adminPassword });
    expect(await admin.getToken('k')).toBe('value');
  });

  it('keep what is acknowledged, evict nothing, and show no password', async () => {
    await using deployed = await deploy();
    const setting = async (name: string): Promise<unknown> =>
      ((await deployed.send('CONFIG', 'GET', name)) as unknown[])[1];
    expect(await setting('appendonly')).toBe('yes');
    expect(await setting('appendfsync')).toBe('everysec');
    expect(await setting('maxmemory')).toBe(String(256 * 1024 ** 2));
    expect(await setting('maxmemory-policy')).toBe('noeviction');
    const command = await readFile(`/proc/${deployed.pid}/cmdline`, 'utf8').catch(() => '');
    expect(command).not.toContain(deployed.adminPassword);
    expect(command).not.toContain(deployed.applicationPassword);
  });

  it('please the doctor', async () => {
    await using deployed = await deploy();
    const db = `redis://${deployed.host}:${deployed.port}`;
    const { stdout, code } = await run(['doctor'], {
      db,
      env: { REDIS_PASSWORD: deployed.adminPassword.replace(/^a+$/, deployed.adminPassword) },
    });
    expect(stdout).toContain('✓ permissions');
    expect(stdout).not.toMatch(/^error:/m);
    // The password of these tests is one letter, again and again.
    expect(stdout.match(/^warning:.*$/gm)).toEqual([expect.stringContaining('weak_password')]);
    expect(code).toBe(1);
  });

  it('do not start with a short password, or without one', async () => {
    const dir = await directory();
    const env = {
      ...process.env,
      REDIS_CONF: deployDirectory,
      REDIS_RUN: dir,
      REDIS_PASSWORD_FILE: '/dev/null',
      REDIS_SERVER: 'false',
    };
    await expect(promisify(execFile)(join(deployDirectory, 'start.sh'), { env })).rejects.toMatchObject({
      stderr: expect.stringContaining('must have 32 characters at least'),
    });
  });
});

it('users.acl gives the application the rights that doctor prints', async () => {
  const commands = APPLICATION_COMMANDS;
  const rules = aclRules({ username: 'oauthdb', prefixes: ['atxp:oauth:', 'oauth:'], commands });
  const lines = (await text('users.acl')).trim().split('\n');
  expect(lines).toEqual([
    'user default on #REDIS_PASSWORD ~* &* +@all',
    rules.replace(' on ', ' on #OAUTHDB_PASSWORD '),
  ]);
});

describe('the timer', () => {
  it('runs a backup that this command knows', async () => {
    const [, line = ''] =
      /^ExecStart=\/usr\/bin\/env oauthdb (.*)$/m.exec(await text('systemd/oauthdb-backup.service')) ?? [];
    const dir = await directory();
    const args = line
      .split(' ')
      .map((arg) => arg.replace('${STATE_DIRECTORY}', dir).replace('${CREDENTIALS_DIRECTORY}', dir));
    expect(args[0]).toBe('backup');
    const ran = await run(args, { db: 'memory:', cwd: dir });
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--passphrase-file cannot be read'),
    });
  });

  it('is installed, and makes up for what was missed', async () => {
    const timer = await text('systemd/oauthdb-backup.timer');
    expect(timer).toMatch(/^OnCalendar=/m);
    expect(timer).toMatch(/^Persistent=yes$/m);
    expect(timer).toMatch(/^WantedBy=timers.target$/m);
  });
});
