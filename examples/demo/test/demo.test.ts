import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type {} from '@oauthdb/test-redis/setup';
import { open } from 'oauthdb';
import { describe, expect, inject, it, type TestContext } from 'vitest';
import { tokenResponse } from '../src/data.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Starts it as `npm run demo -- <args>` does. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source'];
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  return spawn(process.execPath, [...flags, main, ...args], { env: { ...inherited, ...env } });
}

async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = start(args, env);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

/** The results of the step whose title begins like this. */
function results(stdout: string, title: string): string[] {
  const [, step = ''] = stdout.split(new RegExp(`^\\d+\\. ${title}.*$`, 'm'));
  const [own = ''] = step.split(/^\d+\. /m);
  return [...own.matchAll(/^ {3}→ (.*)$/gm)].map(([, result]) => result as string);
}

/** @param onTestFinished - the test's own: of several at once, the global one takes any. */
async function temporaryDirectory({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'oauthdb-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

const clusterUrl = (): string => {
  const { nodes } = inject('cluster');
  return `redis+cluster://${nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
};

const sentinelUrl = (): string => {
  const { name, sentinels } = inject('sentinel');
  return `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;
};

/** Begins the keys of a run. */
function prefixOf(stdout: string): string {
  const [, prefix] = /under keys that begin with (demo:\w+:)$/m.exec(stdout) ?? [];
  if (prefix === undefined) throw new Error('it says no prefix');
  return prefix;
}

/** What a run has left behind. */
async function left(url: string, stdout: string): Promise<string[]> {
  const prefix = prefixOf(stdout);
  await using db = await open(url, { keyPrefix: `${prefix}held:`, serverKeyPrefix: `${prefix}issued:` });
  const found = await db.listTokens();
  for await (const { client_id } of db.clients.list()) found.push(client_id);
  for await (const { jti } of db.accessTokens.list({ username: 'octocat' })) found.push(jti);
  return found;
}

function expectTheDay({ code, stdout, stderr }: Awaited<ReturnType<typeof run>>): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain("   import { open } from 'oauthdb';\n");
  expect(stdout).toContain("   await db.storeToken('octocat:refresh', refresh_token);\n");
  expect(results(stdout, 'Read it')).toEqual(['eyJhbG… (830 chars)', 'null', 'true']);
  expect(stdout).toMatch(/│ octocat +│ eyJhbG… \(830 chars\) │ 29 min \d+ s │/);
  expect(stdout).toMatch(/│ octocat:refresh +│ uSKtsw… \(43 chars\) +│ no end +│/);
  const watched = results(stdout, 'Watch a token expire');
  expect(watched.length).toBeGreaterThan(1);
  expect(watched.at(-1)).toBe('null');
  for (const time of watched.slice(0, -1)) expect(time).toMatch(/^([01]\.\d s|gone)$/);
  expect(results(stdout, 'Delete one')).toEqual(['true', 'false']);
  expect(results(stdout, 'Misuse')).toEqual(['TypeError: key must not be empty', 'OAUTHDB_CLOSED']);
  expect(stdout).not.toContain(tokenResponse.access_token);
  expect(stdout).not.toContain(tokenResponse.refresh_token);
  expect(stdout, 'there are colours').not.toContain('\u001B');
  expectTheServersDay(stdout);
  expectMcpOverHttp(stdout);
}

function expectTheServersDay(stdout: string): void {
  const [, day = ''] = stdout.split(/An authorization server's day|An MCP server and/);
  expect(results(day, 'A client registers')).toEqual(['registered', 'already_registered']);
  expect(results(day, 'Its user goes away')).toEqual([
    expect.stringMatching(/^\[ ('already_used', )*'consumed'(, 'already_used')* \]$/),
  ]);
  expect(results(day, 'The client brings the code')).toEqual(['true', 'true']);
  expect(results(day, 'Issue')).toEqual(['issued']);
  expect(results(day, 'Whoever brings the code again')).toEqual(['already_used']);
  expect(results(day, 'The client calls')).toEqual([
    'octocat, mcp:read mcp:write',
    expect.stringMatching(/^(59 min \d+ s|1 h 0 min)$/),
  ]);
  expect(results(day, 'Later it refreshes')).toEqual(['rotated', 'true']);
  expect(results(day, 'The old one comes again')).toEqual([
    'reused',
    '{ accessTokens: 2, refreshTokens: 1, codes: 0, sessions: 0 }',
    'false',
    'null',
  ]);
  for (const device of ['laptop', 'phone', 'watch']) {
    expect(day).toMatch(
      new RegExp(`│ \\S{6}… \\(43 chars\\) │ ${device} +│ mcp:read mcp:write │ (29 d 23 h|30 d 0 h +) │`),
    );
  }
  expect(results(day, 'The user logs out')).toEqual([
    '{ accessTokens: 3, refreshTokens: 3, codes: 0, sessions: 0 }',
  ]);
  expect(results(day, 'A client goes')).toEqual(['true']);
}

function expectMcpOverHttp(stdout: string): void {
  const [, flow = ''] = stdout.split('An MCP server and its client, over HTTP');
  const masked = expect.stringMatching(/^\S{6}… \(43 chars\)$/);
  const octocat = "[ { type: 'text', text: 'octocat' } ]";
  expect(results(flow, 'Serve MCP')).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)]);
  expect(results(flow, 'Register')).toEqual([
    'UnauthorizedError',
    'POST /mcp: 401',
    'GET /.well-known/oauth-protected-resource/mcp: 200',
    'GET /.well-known/oauth-authorization-server: 200',
    'POST /register: 201',
  ]);
  expect(results(flow, 'Authorize')).toEqual(['GET /authorize: 302', masked]);
  expect(results(flow, 'Token')).toEqual(['POST /token: 200', masked, masked]);
  expect(results(flow, 'Call a tool')).toEqual([octocat]);
  expect(results(flow, 'Refresh')).toEqual([
    octocat,
    'POST /mcp: 401',
    'POST /token: 200',
    'POST /mcp: 200',
    'false',
  ]);
  expect(results(flow, 'Revoke')).toEqual(['POST /revoke: 200', '[]']);
  expect(results(flow, 'Refused')).toEqual([
    'UnauthorizedError',
    'POST /mcp: 401',
    'POST /token: 400',
    '/authorize',
  ]);
  expect(results(flow, 'Stop serving')).toEqual(['true', '[]']);
}

/** A name is found where it is stored, and no secret. */
function expectNoSecretInTheFile(stdout: string): void {
  const searched = /^ {3}\{\n(.*?)^ {3}\}$/ms.exec(stdout.split('Whoever copies')[1] ?? '')?.[1];
  expect(searched?.match(/\S.*(?=\n)/g)).toEqual([
    "client_id: 'found',",
    ...['client_secret', 'state', 'code', 'refreshToken'].map((name) =>
      expect.stringMatching(new RegExp(`^${name}: 'not found',?$`)),
    ),
  ]);
}

/** What is found after closing and opening again. */
const KEPT = [
  /^oauth:access_token:.*\/mcp$/,
  /^oauth:access_token:.*\/noexpiry$/,
  /^oauth:client_cred/,
  /^octocat:refresh$/,
];

function expectTheRestKept(stdout: string): void {
  const [permanence, ...keys] = results(stdout, 'Close it');
  expect(permanence).toBe('{ permanence: true }');
  expect(keys.toSorted()).toEqual(KEPT.map((pattern) => expect.stringMatching(pattern)));
  expect(results(stdout, 'Leave nothing behind')).toEqual(['4']);
}

// Each takes three seconds, on a machine that has nothing else to do.
describe.concurrent('an application, a server, and MCP', { timeout: 120_000 }, () => {
  it('on a SQLite file of its own, which is gone afterwards', async (context) => {
    const dir = await temporaryDirectory(context);
    const done = await run([], { TMPDIR: dir, FORCE_COLOR: '1' });
    expectTheDay(done);
    expectTheRestKept(done.stdout);
    expectNoSecretInTheFile(done.stdout);
    expect(await readdir(dir)).toEqual([]);
  });

  it('on a SQLite file of the user, which stays', async (context) => {
    const url = `sqlite:${join(await temporaryDirectory(context), 'mine.db')}`;
    const done = await run(['--db', url]);
    expectTheDay(done);
    expectTheRestKept(done.stdout);
    expectNoSecretInTheFile(done.stdout);
    expect(await left(url, done.stdout)).toEqual([]);
  });

  it('in memory, which forgets', async () => {
    const done = await run(['--db', 'memory:']);
    expectTheDay(done);
    expect(results(done.stdout, 'Close it')).toEqual(['{ permanence: false }']);
    expect(results(done.stdout, 'Whoever copies')).toEqual([expect.stringMatching(/^nothing is at rest/)]);
  });

  it.each([
    ['Redis', () => inject('standalone').url],
    ['a Redis cluster', clusterUrl],
    ['a Redis that sentinels name', sentinelUrl],
  ])('on %s, where nothing stays', async (_, url) => {
    const done = await run(['--db', url()]);
    expectTheDay(done);
    expectTheRestKept(done.stdout);
    expect(done.stdout).not.toContain('secret@');
    expect(results(done.stdout, 'Whoever copies')).toEqual([expect.stringMatching(/on the server/)]);
    expect(await left(url(), done.stdout)).toEqual([]);
  });
});

it('leaves nothing behind when it is interrupted', async () => {
  const { url } = inject('standalone');
  const child = start(['--db', url]);
  const exited = once(child, 'exit');
  let said = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    said += String(chunk);
    if (!child.killed && said.includes('Watch a token expire')) child.kill('SIGINT');
  });
  expect(await exited).toEqual([130, null]);
  expect(await left(url, said)).toEqual([]);
});

describe.concurrent('fails in one sentence, that shows no password', () => {
  it.each([
    [['--db', 'redis://:hunter2@127.0.0.1:1'], /OAUTHDB_(UNAVAILABLE|TIMEOUT)/],
    [['--db', 'redis+cluster://:hunter2@127.0.0.1:1'], /OAUTHDB_(UNAVAILABLE|TIMEOUT)/],
    [['--db', 'redis:hunter2@localhost'], /the forms are/],
    [['--db', 'redis+sentinel://:hunter2@127.0.0.1:1/x'], /OAUTHDB_(UNAVAILABLE|TIMEOUT)/],
    [['--db', 'sqlite:/no/such/directory/x.db'], /OAUTHDB_CONFIG/],
    [['redis://:hunter2@localhost'], /--db <url>/],
    [['--database', 'redis://:hunter2@localhost'], /--db <url>/],
    [['--db'], /--db <url>/],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^\nThe demo failed: .*\n$/);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('hunter2');
  });

  it('with a wrong password', async () => {
    const { host, port } = inject('standalone');
    const { code, stderr } = await run(['--db', `redis://:hunter2@${host}:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\nThe demo failed: .*OAUTHDB_AUTH.*\n$/);
    expect(stderr).not.toContain('hunter2');
  });
});

it('explains itself', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('npm run demo -- --db <url>');
});
