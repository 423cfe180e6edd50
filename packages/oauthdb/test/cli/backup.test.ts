import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directory, ended, output, run, start, values } from './cli.ts';
import { cluster, furnish, places, placeOf } from './places.ts';

const kept = { held: 2, client: 1, token: 2, refresh: 1, session: 1 };
const passphrase = { OAUTHDB_BACKUP_PASSPHRASE: 'canary-passphrase' };

describe.each([...places, ['a cluster', cluster] as const])('from %s', (_, find) => {
  it('into another database, and nobody is logged out', async () => {
    const place = await find();
    await using db = await place.open();
    await furnish(db);
    const file = join(await directory(), 'oauth.backup');
    const env = { ...place.run, env: passphrase };
    const [summary] = await values(['backup', file, ...place.flags], env);
    expect(summary).toMatchObject({ file, counts: kept });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file)).includes('canary')).toBe(false);
    expect(await values(['verify', file], { env: passphrase })).toMatchObject([{ counts: kept }]);
    const target = placeOf(`sqlite:${join(await directory(), 'other.db')}`);
    const to = { ...target.run, env: passphrase };
    expect(await values(['restore', file, '--dry-run', ...target.flags], to)).toMatchObject([
      { stored: 7, dry_run: true },
    ]);
    await using other = await target.open();
    expect(await other.listTokens()).toEqual([]);
    expect(await values(['restore', file, ...target.flags], to)).toMatchObject([{ stored: 7, kept: 0 }]);
    expect(await other.getToken('user_123')).toBe('canary-held');
    expect(await other.refreshTokens.get('canary-refresh')).toMatchObject({ grant_id: 'grant_123' });
    expect(await other.revoke({ username: 'octocat' })).toMatchObject({
      accessTokens: 1,
      refreshTokens: 1,
      sessions: 1,
    });
  });
});

it('chooses kinds, and what becomes of what is there', async () => {
  const place = placeOf(`sqlite:${join(await directory(), 't.db')}`);
  await using db = await place.open();
  await furnish(db);
  const file = join(await directory(), 'oauth.backup');
  await output(['backup', file, '--kinds', 'tokens,codes', ...place.flags], place.run);
  expect(await values(['verify', file])).toMatchObject([{ counts: { held: 2, code: 1, client: 0 } }]);
  await db.storeToken('user_123', 'canary-newer', new Date(Date.now() + 7_200_000));
  const restore = ['restore', file, '--kinds', 'tokens', ...place.flags];
  expect(await values([...restore, '--mode', 'skip'], place.run)).toMatchObject([{ kept: 2 }]);
  expect((await run([...restore, '--mode', 'replace'], place.run)).code).toBe(2);
  expect(await values([...restore, '--mode', 'replace', '--yes'], place.run)).toMatchObject([
    { replaced: expect.any(Number) },
  ]);
  expect(await db.getToken('user_123')).toBe('canary-held');
  expect((await run(['backup', file, '--kinds', 'passwords', ...place.flags], place.run)).code).toBe(2);
});

it('refuses what is damaged, and the wrong secret, before it writes anything', async () => {
  const place = placeOf(`sqlite:${join(await directory(), 't.db')}`);
  await using db = await place.open();
  await furnish(db);
  const dir = await directory();
  const file = join(dir, 'oauth.backup');
  await output(['backup', file, ...place.flags], { ...place.run, env: passphrase });
  expect((await run(['verify', file])).code).toBe(5);
  expect(
    (await run(['verify', file], { env: { OAUTHDB_BACKUP_PASSPHRASE: 'canary-another one' } })).code,
  ).toBe(5);
  await writeFile(join(dir, 'cut'), (await readFile(file)).subarray(0, -20));
  const target = placeOf(`sqlite:${join(dir, 'other.db')}`);
  expect(
    (await run(['restore', join(dir, 'cut'), ...target.flags], { ...target.run, env: passphrase })).code,
  ).toBe(5);
  expect(await values(['tokens', 'list', ...target.flags], target.run)).toEqual([]);
  expect((await run(['restore', join(dir, 'none'), ...target.flags], target.run)).code).toBe(4);
});

it('warns of secrets in clear', async () => {
  const dir = await directory();
  const { stderr } = await run(['backup', join(dir, 'f')], { db: 'memory:' });
  expect(stderr).toBe('warning: without a passphrase or a key the backup holds every secret in clear\n');
});

it('keeps the newest', async () => {
  const dir = await directory();
  for (const time of ['20200101-000000', '20200102-000000', '20200103-000000'])
    await writeFile(join(dir, `f-${time}.backup`), '');
  await output(['backup', join(dir, 'f.backup'), '--keep', '2'], { db: 'memory:' });
  const names = await readdir(dir);
  expect(names).toHaveLength(2);
  expect(names).toContain('f-20200103-000000.backup');
});

it('goes on by itself until it is told to stop, and leaves nothing half', async () => {
  const dir = await directory();
  const child = start(['backup', join(dir, 'f.backup'), '--every', '1s', '--keep', '3'], { db: 'memory:' });
  const done = ended(child);
  let lines = 0;
  child.stdout?.on('data', () => ++lines === 2 && child.kill('SIGINT'));
  expect((await done).code).toBe(130);
  const names = await readdir(dir);
  expect(names.length).toBeGreaterThanOrEqual(2);
  for (const name of names) expect((await run(['verify', join(dir, name)])).code).toBe(0);
});

it('leaves nothing half when it is interrupted, and the backup before as it was', async () => {
  const place = placeOf(`sqlite:${join(await directory(), 't.db')}`);
  await using db = await place.open();
  const tokens = Array.from({ length: 20_000 }, (_, i) => ({
    key: `user_${i}`,
    token: `canary-${'x'.repeat(500)}`,
  }));
  await db.storeTokens(tokens);
  const dir = await directory();
  const file = join(dir, 'f.backup');
  await writeFile(file, 'the one before');
  const child = start(['backup', file, ...place.flags], place.run);
  const done = ended(child);
  let isKilled = false;
  // Once it writes: its temporary file is there.
  const watching = setInterval(() => {
    void readdir(dir).then((names) => {
      if (names.length < 2 || isKilled) return;
      isKilled = true;
      child.kill('SIGINT');
    });
  }, 5);
  const { code, stderr } = await done;
  clearInterval(watching);
  expect(await readdir(dir)).toEqual(['f.backup']);
  expect(code).toBe(130);
  expect(stderr).not.toMatch(/error|at /);
  expect(await readFile(file, 'utf8')).toBe('the one before');
});

it('goes on when one fails', async () => {
  const dir = await directory();
  const args = ['backup', join(dir, 'f.backup'), '--every', '50ms', '--keep', '1', '--timeout', '200'];
  const child = start(args, { db: 'redis://:canary-pw@127.0.0.1:1' });
  const done = ended(child);
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if ((text.match(/error:/g) ?? []).length === 2) child.kill('SIGTERM');
  });
  const { code, stderr } = await done;
  expect(code).toBe(130);
  expect(stderr).toContain('error: health: Redis cannot be reached (OAUTHDB_UNAVAILABLE)');
  expect(stderr).not.toContain('canary');
  expect(await readdir(dir)).toEqual([]);
});
