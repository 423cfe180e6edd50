import { join } from 'node:path';
import { inject, describe, expect, it } from 'vitest';
import { directory, ended, output, run, start, values } from './cli.ts';
import { furnish, placeOf, type Place } from './places.ts';

/** A place as the source of a migration. */
function from({ run: { db = '' }, flags }: Place): string[] {
  const [, keyPrefix = '', , serverKeyPrefix = ''] = flags;
  return ['--from', db, '--from-key-prefix', keyPrefix, '--from-server-key-prefix', serverKeyPrefix];
}

const sqlite = async (): Promise<Place> => placeOf(`sqlite:${join(await directory(), 't.db')}`);
const redis = (): Place => {
  const { host, port } = inject('standalone');
  return placeOf(`redis://${host}:${port}`);
};
const password = (): NodeJS.ProcessEnv => ({ REDIS_PASSWORD: inject('standalone').password });

describe('migrate', () => {
  it('copies from SQLite to Redis, and nobody is logged out', async () => {
    const [old, target] = [await sqlite(), redis()];
    await using db = await old.open();
    await furnish(db);
    const args = ['migrate', ...from(old), '--to', target.run.db as string, ...target.flags];
    expect(await values([...args, '--dry-run'], { env: password() })).toMatchObject([
      { stored: 9, dry_run: true },
    ]);
    expect(await values([...args], { env: password() })).toMatchObject([
      { stored: 9, compared: { same: 9, different: 0, missing: 0, ended: 0 } },
    ]);
    expect(await output(args, { env: password() })).toMatch(/^compared: 9 are the same$/m);
    const at = { ...target.run, env: password() };
    expect(
      await values(['refresh-tokens', 'show', '-', ...target.flags], { ...at, input: 'canary-refresh' }),
    ).toHaveLength(1);
    expect(await values(['revoke', '--user', 'octocat', '--yes', ...target.flags], at)).toMatchObject([
      { accessTokens: 1, refreshTokens: 1 },
    ]);
  });

  it('copies from Redis, whose password is its own', async () => {
    const [old, target] = [redis(), await sqlite()];
    const stored = { ...old.run, env: password(), input: 'canary' };
    await output(['tokens', 'set', 'k', ...old.flags], stored);
    const args = ['migrate', ...from(old), ...target.flags];
    expect(await run(args, { ...target.run, env: password() })).toMatchObject({ code: 4 });
    const env = { OAUTHDB_FROM_PASSWORD: inject('standalone').password };
    expect(await values(args, { ...target.run, env })).toMatchObject([{ stored: 1, compared: { same: 1 } }]);
  });

  it('follows the source until it is told to stop, and then copies the last of it', async () => {
    const [old, target] = [await sqlite(), await sqlite()];
    await using db = await old.open();
    await db.storeToken('before', 'v');
    const child = start(
      ['migrate', ...from(old), '--follow', '--pause', '50ms', '--json', ...target.flags],
      target.run,
    );
    const done = ended(child);
    await using copy = await target.open();
    await expect.poll(() => copy.getToken('before'), { timeout: 20_000 }).toBe('v');
    await db.storeToken('meanwhile', 'v');
    await db.deleteToken('before');
    await expect.poll(() => copy.listTokens(), { timeout: 20_000 }).toEqual(['meanwhile']);
    await db.storeToken('last', 'v');
    child.kill('SIGINT');
    const { code, stdout } = await done;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ compared: { same: 2, missing: 0 } });
    expect((await copy.listTokens()).toSorted()).toEqual(['last', 'meanwhile']);
  });

  it('wants a source, and asks before it replaces what is newer', async () => {
    expect(await run(['migrate'], { db: 'memory:' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--from'),
    });
    expect(await run(['migrate', '--from', 'memory:', '--mode', 'replace'], { db: 'memory:' })).toMatchObject(
      { code: 2 },
    );
    expect(
      await run(['migrate', '--from', 'redis://:canary-pw@127.0.0.1:1', '--timeout', '300'], {
        db: 'memory:',
      }),
    ).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('put the URL into OAUTHDB_FROM_URL'),
    });
  });
});
