import { randomBytes, randomInt } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqliteOAuthDatabase, type SqliteDriver } from '../src/index.ts';
import { openDriver, put, soon, temporaryPath, valueOf } from './temporary.ts';

function removeAll(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

/** What a write fails with, and what the same call fails with when it is made again. */
async function failures(driver: SqliteDriver): Promise<unknown[]> {
  const fail = (): Promise<unknown> =>
    put(driver, 'k', 'v').then(
      () => 'stored',
      (error: unknown) => error,
    );
  return [await fail(), await fail()];
}

describe('a new file', () => {
  it.skipIf(process.platform === 'win32')('is for this user alone', async () => {
    const path = temporaryPath();
    await put(openDriver({ path }), 'k', 'v');
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
  });

  it('is created at the first call, and not before', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    expect(await valueOf(driver, 'k')).toBeNull();
    expect(statSync(path).isFile()).toBe(true);
  });

  it('keeps what was written when it is opened again, and is one file after it was closed', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'v');
    await driver.close();
    expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBeUndefined();
    expect(await valueOf(openDriver({ path }), 'k')).toBe('v');
  });

  it('survives a power cut after each answer: it is in WAL mode, and waits for the disk', async () => {
    const client = new Database(temporaryPath());
    await put(openDriver({ client }), 'k', 'v');
    expect(client.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(client.pragma('synchronous', { simple: true })).toBe(2);
    client.close();
  });
});

describe('a file that cannot be used', () => {
  it.each([
    [
      'is not a database',
      (path: string) => writeFileSync(path, 'not a database '.repeat(100)),
      'OAUTHDB_CORRUPT',
    ],
    ['is a directory', (path: string) => mkdirSync(path), 'OAUTHDB_CONFIG'],
    ['is a link to nothing', (path: string) => symlinkSync(`${path}/nothing`, path), 'OAUTHDB_CONFIG'],
    ['is in no directory', (path: string) => rmSync(dirname(path), { recursive: true }), 'OAUTHDB_CONFIG'],
    ['belongs to another program', (path: string) => change(path, 'CREATE TABLE t (a)'), 'OAUTHDB_CONFIG'],
    [
      'has the mark of another',
      (path: string) => change(path, 'PRAGMA application_id = 7'),
      'OAUTHDB_CONFIG',
    ],
  ])('because it %s is refused with a typed error, at each call', async (_, prepare, code) => {
    const path = temporaryPath();
    prepare(path);
    const driver = openDriver({ path });
    for (const error of await failures(driver)) {
      expect(error).toMatchObject({ name: 'OAuthDatabaseError', code, outcome: 'not_executed' });
      expect(String(error)).toContain(path);
    }
    await expect(driver.read(['k'], soon())).rejects.toMatchObject({ code });
  });

  it('because a newer release wrote it is refused, and says what to do', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'v');
    await driver.close();
    change(path, 'PRAGMA user_version = 99');
    await expect(put(openDriver({ path }), 'k', 'v')).rejects.toMatchObject({
      code: 'OAUTHDB_CONFIG',
      message: expect.stringMatching(/schema version 99.*update @oauthdb\/sqlite/),
    });
    change(path, 'PRAGMA user_version = 1');
    expect(await valueOf(openDriver({ path }), 'k')).toBe('v');
  });

  it('because it belongs to another program is left as it is', async () => {
    const path = temporaryPath();
    change(path, 'CREATE TABLE t (a)');
    const before = readFileSync(path);
    await failures(openDriver({ path }));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('because it was cut off is reported as damaged', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await Promise.all(Array.from({ length: 500 }, (_, i) => put(driver, `key ${i}`, 'x'.repeat(100))));
    await driver.close();
    truncateSync(path, 4096 * 3);
    await expect(valueOf(openDriver({ path }), 'key 499')).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  });

  it('because a bit of it was changed never gives another token, where values are sealed', async () => {
    const path = temporaryPath();
    const secrets = { keys: [{ id: 'k', key: randomBytes(32) }] };
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
    const db = new SqliteOAuthDatabase({ path, secrets });
    await db.storeTokens(keys.map((key) => ({ key, token: `token of ${key}` })));
    await db.close();
    const sound = readFileSync(path);
    let noticed = 0;
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(sound);
      const at = randomInt(bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << randomInt(8)), at);
      const damaged = `${path}-${round}`;
      writeFileSync(damaged, bytes);
      const other = new SqliteOAuthDatabase({ path: damaged, secrets, maxRetriesPerRequest: 0 });
      for (const [i, how] of (await Promise.allSettled(keys.map((key) => other.getToken(key)))).entries()) {
        if (how.status === 'rejected') expect(how.reason).toMatchObject({ name: 'OAuthDatabaseError' });
        if (how.status === 'rejected') noticed++;
        // A key, or the tree that leads to it, may have been hit: SQLite has no sums of them. What is not marked as sealed any more
        // is taken for a value in clear, and is the sealed text then.
        else if (how.value !== null && !how.value.includes('1:k:'))
          expect(how.value).toBe(`token of ${keys[i]}`);
      }
      await other.close();
    }
    expect(noticed).toBeGreaterThan(0);
  });

  it('because it is read-only is reported as such', async () => {
    const path = temporaryPath();
    await put(openDriver({ path }), 'k', 'v');
    const client = new Database(path, { readonly: true });
    const [error] = await failures(openDriver({ client }));
    expect(error).toMatchObject({ code: 'OAUTHDB_READONLY', outcome: 'not_executed' });
    client.close();
  });
});

describe('a file that goes away while it is open', () => {
  it('takes no more writes, and is not taken for an empty one', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'v');
    removeAll(path);
    for (const error of await failures(driver)) {
      expect(error).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE', outcome: 'not_executed' });
    }
    await expect(driver.read(['k'], soon())).rejects.toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is noticed by readers within 64 calls', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'v');
    removeAll(path);
    let served = 0;
    await expect(
      (async () => {
        for (; served < 1000; served++) await driver.read(['k'], soon());
      })(),
    ).rejects.toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    expect(served).toBeLessThan(64);
  });

  it('is used again when it comes back', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'old');
    await driver.list({ prefix: '' }, { limit: 1 }, soon());
    const backup = join(dirname(path), 'backup');
    const client = new Database(path);
    client.exec(`VACUUM INTO '${backup}'`);
    client.close();
    removeAll(path);
    const [error] = await failures(driver);
    expect(error).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    renameSync(backup, path);
    expect(await valueOf(driver, 'k')).toBe('old');
    await put(driver, 'k', 'new');
    expect(await valueOf(openDriver({ path }), 'k')).toBe('new');
  });

  it('is not taken for new where an empty one stands in its place', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'v');
    removeAll(path);
    writeFileSync(path, '');
    for (const error of await failures(driver)) expect(error).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    expect(statSync(path).size).toBe(0);
  });

  it('ends a client that was lent, for only its owner can open another', async () => {
    const path = temporaryPath();
    const client = new Database(path);
    const driver = openDriver({ client });
    await put(driver, 'k', 'v');
    removeAll(path);
    await put(openDriver({ path }), 'k', 'another file');
    for (const error of await failures(driver)) expect(error).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    expect(client.open).toBe(true);
    client.close();
  });
});

describe('a full disk', () => {
  it('fails the write, keeps what is there, and takes writes again when there is room', async () => {
    const path = temporaryPath();
    const client = new Database(path);
    const driver = openDriver({ client });
    await put(driver, 'first', 'value');
    client.pragma('max_page_count = 20');
    await expect(put(driver, 'big', 'canary'.repeat(20_000))).rejects.toMatchObject({
      code: 'OAUTHDB_STORE_FULL',
      outcome: 'not_executed',
      message: expect.not.stringContaining('canary'),
    });
    expect(await valueOf(driver, 'first')).toBe('value');
    expect(await valueOf(driver, 'big')).toBeNull();
    client.pragma('max_page_count = 1000');
    await put(driver, 'big', 'x'.repeat(20_000));
    client.close();
  });
});

/** Does something to a file that no driver would do. */
function change(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}
