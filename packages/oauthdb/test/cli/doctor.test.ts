import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { describe, expect, inject, it } from 'vitest';
import { passwordFinding } from '../../src/doctor/password.ts';
import { open } from '../../src/index.ts';
import { directory, output, run } from './cli.ts';
import { clusterUrl } from './places.ts';

interface Report {
  readonly healthy: boolean;
  readonly steps: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
    readonly remedy?: string;
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly meaning: string;
    readonly remedy: string;
  }[];
}

async function examine(
  db: string,
  env: NodeJS.ProcessEnv = {},
  ...flags: string[]
): Promise<Report & { code: number | null }> {
  const { code, stdout } = await run(['doctor', '--json', ...flags], { db, env });
  return { code, ...(JSON.parse(stdout) as Report) };
}

const codes = ({ findings }: Report): string[] => findings.map(({ code }) => code);

describe('goes step by step, and says what to do where one fails', () => {
  const last = ({ steps }: Report): unknown => {
    const { name, ok, remedy } = steps.at(-1) as Report['steps'][number];
    return { name, ok, remedy: typeof remedy };
  };

  it('name resolution', async () => {
    const report = await examine('redis://nowhere.invalid');
    expect(report.code).toBe(3);
    expect(last(report)).toEqual({ name: 'name resolution', ok: false, remedy: 'string' });
  });

  it('TCP', async () => {
    const report = await examine('redis://127.0.0.1:1');
    expect(report.code).toBe(3);
    expect(last(report)).toEqual({ name: 'TCP', ok: false, remedy: 'string' });
  });

  it('TLS, whose certificate nobody vouches for', async () => {
    const { host, port } = inject('tls');
    const report = await examine(`rediss://${host}:${port}`);
    expect(report.code).toBe(3);
    expect(last(report)).toEqual({ name: 'TLS', ok: false, remedy: 'string' });
    expect(report.steps.at(-1)?.remedy).toContain('--tls-ca');
  });

  it('authentication', async () => {
    const { host, port } = inject('standalone');
    for (const env of [{}, { REDIS_PASSWORD: 'canary-wrong' }]) {
      const report = await examine(`redis://${host}:${port}`, env);
      expect(report.code).toBe(4);
      expect(last(report)).toEqual({ name: 'authentication', ok: false, remedy: 'string' });
    }
  });

  it('permissions', async () => {
    await using server = await startPrivateServer({
      password: 'canary-admin',
      args: ['--appendonly', 'yes'],
    });
    await server.send('ACL', 'SETUSER', 'few', 'on', '>canary-few', '~*', '+@all', '-zrange');
    const report = await examine(`redis://few:canary-few@${server.host}:${server.port}`);
    expect(report.code).toBe(6);
    expect(report.steps.find(({ name }) => name === 'permissions')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ZRANGE'),
    });
    expect(codes(report)).toContain('missing_permission');
  });

  it('a file that is not there, which it does not make', async () => {
    const dir = await directory();
    const report = await examine(`sqlite:${join(dir, 'none.db')}`);
    expect(report.code).toBe(4);
    expect(last(report)).toEqual({ name: 'file', ok: false, remedy: 'string' });
    expect((await examine(`sqlite:${join(dir, 'none.db')}`)).code).toBe(4);
  });
});

describe('finds', () => {
  it('nothing on a Redis that is set up well', async () => {
    const password = 'canary-Zt8vQpW3xLk9-rJ5nB2mYc7dF1gHs6aE0uVo4iK';
    const args = ['--appendonly', 'yes', '--maxmemory', '100mb', '--maxmemory-policy', 'noeviction'];
    await using server = await startPrivateServer({ password, args });
    const at = { db: `redis://${server.host}:${server.port}`, env: { REDIS_PASSWORD: password } };
    const { code, stdout } = await run(['doctor'], at);
    expect(stdout).toMatch(
      /✓ name resolution.*\n✓ TCP.*\n✓ authentication.*\n✓ write and read.*\n✓ permissions.*\n✓ server version.*\nAll is well\.\n$/,
    );
    expect(code).toBe(0);
  });

  it('that nothing is kept, live tokens are evicted and anybody may come in', async () => {
    await using server = await startPrivateServer({
      args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
    });
    const report = await examine(`redis://${server.host}:${server.port}`);
    expect(codes(report)).toEqual(
      expect.arrayContaining(['no_persistence', 'eviction_policy', 'open_default_user']),
    );
    expect(report.code).toBe(6);
    for (const { meaning, remedy } of report.findings) expect([meaning, remedy]).not.toContain('');
    const { stdout } = await run(['doctor'], { db: `redis://${server.host}:${server.port}` });
    expect(stdout).toMatch(/error: .*\(eviction_policy\)\n {4}means: .+\n {4}to do: .+\n/);
  });

  it('what lives for ever', async () => {
    const db = `sqlite:${join(await directory(), 't.db')}`;
    {
      await using opened = await open(db);
      await opened.accessTokens.store({ jti: 'j', client_id: 'c', expires_at: null });
      // Clients and tokens that are held may.
      await opened.storeToken('k', 'v');
    }
    const report = await examine(db);
    expect(codes(report)).toEqual(['without_expiry']);
    expect(report.code).toBe(1);
    expect((await examine(db, {}, '--no-contents')).code).toBe(0);
  });

  it('a SQLite file that others can read', async () => {
    const path = join(await directory(), 't.db');
    await output(['tokens', 'set', 'k'], { db: `sqlite:${path}`, input: 'v' });
    await chmod(path, 0o644);
    const report = await examine(`sqlite:${path}`);
    expect(codes(report)).toContain('file_rights');
    expect(report.code).toBeGreaterThan(0);
  });

  it('passwords that can be guessed', () => {
    for (const weak of [
      'secret',
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      '12345678901234567890',
      'Passw0rd!',
    ]) {
      expect(passwordFinding(weak).map(({ code }) => code)).toEqual(['weak_password']);
    }
    expect(passwordFinding('Zt8vQpW3xLk9-rJ5nB2mYc7dF1gHs6aE0uVo4iK')).toEqual([]);
    expect(passwordFinding(undefined)).toEqual([]);
  });
});

it('goes to each node of a cluster that the URL names', async () => {
  const { steps } = await examine(clusterUrl());
  expect(steps.filter(({ name, ok }) => name === 'TCP' && ok)).toHaveLength(6);
  expect(steps.find(({ name }) => name === 'write and read')).toMatchObject({ ok: true });
});

it('goes by TLS with the certificate authority that is named', async () => {
  const { host, port, ca } = inject('tls');
  const file = join(await directory(), 'ca.pem');
  await (await import('node:fs/promises')).writeFile(file, ca);
  const { steps } = await examine(`rediss://${host}:${port}`, {}, '--tls-ca', file);
  expect(steps.find(({ name }) => name === 'TLS')).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/TLSv1\.[23], .* good until \d{4}/),
  });
  expect(steps.find(({ name }) => name === 'write and read')).toMatchObject({ ok: true });
});

it('prints rights under the prefixes of the database, one user a line', async () => {
  const lines = (await output(['doctor', '--acl', '--key-prefix', 'a*b:'])).trim().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /^user oauthdb on resetkeys ~a\\\*b:\* ~\{a\\\*b:\* ~oauth:\* ~\{oauth:\* resetchannels nocommands \+get /,
  );
});

it('prints the rights that the layout of the gateway needs besides', async () => {
  const [application, operator] = (await output(['doctor', '--acl', '--layout', 'gateway']))
    .trim()
    .split('\n');
  for (const right of ['+type', '+hgetall', '+hget', '+hlen']) {
    expect(application?.split(' ')).toContain(right);
    expect(operator?.split(' ').filter((one) => one === right)).toEqual([right]);
  }
});
