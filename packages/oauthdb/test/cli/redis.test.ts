import { join } from 'node:path';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { send } from '@oauthdb/test-redis/resp';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { open } from '../../src/index.ts';
import { CANARY, directory, ended, output, run, start, values, type RunOptions } from './cli.ts';
import { clusterUrl, furnish } from './places.ts';

let server: PrivateServer;
let at: RunOptions;

beforeAll(async () => {
  // Every command is slow enough for the log.
  server = await startPrivateServer({
    password: 'canary-password',
    args: ['--slowlog-log-slower-than', '0'],
  });
  at = { db: `redis://${server.host}:${server.port}`, env: { REDIS_PASSWORD: 'canary-password' } };
  await using db = await open(at.db as string, { handles: 'plain', redis: { password: 'canary-password' } });
  await furnish(db);
});

afterAll(() => server.stop());

it('server says how it does', async () => {
  const [said] = await values(['server'], at);
  expect(said).toMatchObject({
    role: 'master',
    keys: expect.any(Number),
    operations_per_second: expect.any(Number),
    append_only_file: 'off',
  });
  expect(await output(['server'], at)).toMatch(/^version\t\d+\.\d+/);
});

it('memory says how much, and sets the limit', async () => {
  expect(await values(['memory'], at)).toMatchObject([
    { used: expect.any(Number), limit: 0, policy: 'noeviction' },
  ]);
  expect(await run(['memory', 'limit', '1kb', '--yes'], at)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('are in use'),
  });
  expect(await output(['memory', 'limit', '256mb', '--dry-run'], at)).toContain('would set');
  expect(await values(['memory', 'limit'], at)).toMatchObject([{ limit: 0 }]);
  expect(await values(['memory', 'limit', '256mb', '--yes'], at)).toEqual([
    { limit: 268_435_456, kept: false },
  ]);
  expect(await values(['memory', 'limit'], at)).toMatchObject([{ limit: 268_435_456 }]);
  await output(['memory', 'limit', '0', '--yes'], at);
});

it('connections lists who is there', async () => {
  expect(await values(['connections'], at)).toContainEqual(
    expect.objectContaining({ user: 'default', last_command: 'client|list' }),
  );
});

it('slowlog shows no secret, although the log is full of them', async () => {
  const log = JSON.stringify(await server.send('SLOWLOG', 'GET', '200'));
  expect(log).toContain(CANARY);
  const rows = await values<{ command: string }>(['slowlog', '--count', '200'], at);
  const commands = rows.map(({ command }) => command).join('\n');
  expect(commands).toMatch(/EVALSHA <40 bytes> .*oauth:client:client_123/);
  expect(commands).toMatch(/oauth:refresh:#[0-9a-f]{12}/);
});

it.each(['ioredis', 'node-redis'])('monitor shows no secret, by %s, and ends in time', async (library) => {
  const child = start(['monitor', '--for', '2s', '--json', '--library', library], at);
  const done = ended(child);
  const db = await open(at.db as string, { handles: 'plain', redis: { password: 'canary-password' } });
  const timer = setInterval(() => {
    void db.refreshTokens.get('canary-refresh');
    void db.storeToken('user_123', 'canary-held');
  }, 50);
  const { code, stdout, stderr } = await done;
  clearInterval(timer);
  await db.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toContain(CANARY);
  expect(stdout).toMatch(/GET oauth:refresh:#[0-9a-f]{12}/);
  expect(stdout).toMatch(/SET atxp:oauth:user_123 <11 bytes>/);
});

it('monitor refuses to watch for long, and ends after as many commands as were asked for', async () => {
  expect(await run(['monitor', '--for', '1h'], at)).toMatchObject({ code: 2 });
  const child = start(['monitor', '--for', '5m', '--count', '2'], at);
  const timer = setInterval(() => void server.send('PING'), 50);
  const { code, stdout } = await ended(child);
  clearInterval(timer);
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(2);
});

it.each(['ioredis', 'node-redis'])('monitor ends where it is not allowed, by %s', async (library) => {
  await server.send('ACL', 'SETUSER', 'app', 'on', '>canary-app', '~*', '+@all', '-monitor');
  const db = `redis://app:canary-app@${server.host}:${server.port}`;
  expect(await run(['monitor', '--library', library], { db })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('OAUTHDB_AUTH'),
  });
});

it('plain handles are secrets: they are masked, and found by what stands in their place', async () => {
  const flags = ['--handles', 'plain'];
  for (const noun of ['refresh-tokens', 'sessions', 'states', 'codes']) {
    const [row] = await values<{ handle: string }>([noun, 'list', ...flags], at);
    expect(row?.handle).toMatch(/^#[0-9a-f]{12}$/);
    expect(await values([noun, 'show', row?.handle as string, ...flags], at)).toMatchObject([
      { handle: row?.handle },
    ]);
  }
  expect(await values(['users', 'show', 'octocat', ...flags], at)).toHaveLength(3);
  const shown = { ...at, showsSecrets: true };
  expect(await values(['refresh-tokens', 'list', '--show-secrets', ...flags], shown)).toMatchObject([
    { handle: 'canary-refresh' },
  ]);
});

it('errors show nothing of the server, neither the password nor keys', async () => {
  await server.send('SET', 'oauth:client:canary-broken', 'no JSON');
  expect(await run(['clients', 'list'], at)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('1 could not be read'),
  });
  await server.send('DEL', 'oauth:client:canary-broken');
});

describe('backup --rdb', () => {
  it('waits until the dump is written, and checks the copy', async () => {
    const dir = await directory();
    const rdb = ((await server.send('CONFIG', 'GET', 'dir')) as string[])[1] as string;
    await server.send('SET', 'before', 'x');
    const copy = join(dir, 'copy.rdb');
    const [said] = await values(['backup', copy, '--rdb', '--rdb-from', join(rdb, 'dump.rdb')], at);
    expect(said).toMatchObject({ file: copy, checksum: 'right' });
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect((await readFile(copy)).includes('before')).toBe(true);
    expect(await run(['backup', copy, '--rdb', '--rdb-from', join(rdb, 'dump.rdb')], at)).toMatchObject({
      code: 2,
    });
    expect(await values(['backup', '--rdb'], at)).toHaveLength(1);
  });

  it('notices a dump that is damaged', async () => {
    const dir = await directory();
    const rdb = ((await server.send('CONFIG', 'GET', 'dir')) as string[])[1] as string;
    await server.send('SAVE');
    const bytes = await readFile(join(rdb, 'dump.rdb'));
    bytes[40] = (bytes[40] as number) ^ 1;
    await writeFile(join(dir, 'bad.rdb'), bytes);
    const damaged = ['backup', join(dir, 'copy.rdb'), '--rdb', '--rdb-from', join(dir, 'bad.rdb')];
    expect(await run(damaged, at)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('its checksum is wrong'),
    });
  });

  it('says it where Redis cannot write', async () => {
    await using broken = await startPrivateServer({ args: ['--enable-protected-configs', 'yes'] });
    await broken.send('CONFIG', 'SET', 'dir', '/proc');
    const failed = await run(['backup', '--rdb'], { db: `redis://${broken.host}:${broken.port}` });
    expect(failed).toMatchObject({ code: 4, stderr: expect.stringContaining('could not write its dump') });
  });
});

it('asks each master of a cluster', async () => {
  const cluster = { db: clusterUrl() };
  for (const command of ['server', 'memory']) {
    const nodes = (await values(command.split(' '), cluster)).map(({ node }) => node);
    expect(new Set(nodes).size).toBe(3);
  }
  expect(new Set((await values(['connections'], cluster)).map(({ node }) => node)).size).toBe(3);
  expect(await values(['monitor', '--for', '300ms'], cluster)).toEqual(expect.any(Array));
});

it('asks the master that sentinels name', async () => {
  const { name, sentinels, master } = inject('sentinel');
  const db = `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;
  expect(await values(['server'], { db })).toMatchObject([{ role: 'master', replicas: 2 }]);
  const child = start(['monitor', '--for', '5m', '--count', '1'], { db });
  const timer = setInterval(() => void send({ port: master }, 'PING'), 50);
  const { code } = await ended(child);
  clearInterval(timer);
  expect(code).toBe(0);
  const { stdout } = await run(['doctor'], { db });
  expect(stdout).toContain('✓ write and read');
});
