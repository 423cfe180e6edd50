import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqliteOAuthDatabase } from '../src/index.ts';
import { openDriver, put, soon, temporaryPath, valueOf } from './temporary.ts';

describe('a client that is lent', () => {
  it('is not closed', async () => {
    const client = new Database(temporaryPath());
    const db = new SqliteOAuthDatabase({ client });
    await db.storeToken('k', 'v');
    await db.close();
    expect(client.open).toBe(true);
    client.close();
  });

  it('is not used while the application is in a transaction on it', async () => {
    const client = new Database(':memory:');
    const driver = openDriver({ client });
    await put(driver, 'k', '1');
    client.exec("BEGIN; UPDATE entry SET value = 'never committed'");
    const read = valueOf(driver, 'k');
    const write = put(driver, 'l', '2');
    await new Promise((resolve) => setTimeout(resolve, 30));
    client.exec('ROLLBACK');
    expect(await read).toBe('1');
    await write;
    expect(await valueOf(driver, 'l')).toBe('2');
  });

  it('may give integers as BigInt', async () => {
    const client = new Database(':memory:').defaultSafeIntegers();
    const driver = openDriver({ client });
    const at = soon();
    const tags = [{ name: 't', member: 'm' }];
    await driver.commit({ puts: [{ key: 'k', value: 'v', expiresAt: at.now + 5, tags }] }, at);
    expect(await driver.timeLeft(['k'], at)).toEqual([5]);
    expect((await driver.list({ tag: { name: 't' } }, { limit: 10 }, at)).items).toEqual(['m']);
  });

  it('that the application has closed is OAUTHDB_CLOSED', async () => {
    const client = new Database(':memory:');
    const driver = openDriver({ client });
    await put(driver, 'k', 'v');
    client.close();
    await expect(driver.read(['k'], soon())).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
    await expect(put(driver, 'k', 'v')).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
  });
});

describe('permanence', () => {
  it('is promised for files, and not for memory', () => {
    const client = new Database(':memory:');
    expect(openDriver({ path: temporaryPath() }).supports.permanence).toBe(true);
    expect(openDriver({ path: ':memory:' }).supports.permanence).toBe(false);
    expect(openDriver({ client }).supports.permanence).toBe(false);
  });
});

describe('options', () => {
  const client = new Database(':memory:');
  it.each<[string, object, RegExp]>([
    ['both places', { path: 'a.sqlite', client }, /either path or client/],
    ['an empty path', { path: '' }, /path/],
    ['a path that better-sqlite3 would trim', { path: 'a.sqlite ' }, /white space/],
    ['a path with NUL', { path: 'a\0b' }, /NUL/],
    ['a URL', { path: 'file:a.sqlite' }, /not a URL/],
    ['a path that is no string', { path: 7 }, /a number/],
    ['a client that is none', { client: {} }, /client must be a Database/],
    ['a client that is null', { client: null }, /received null/],
    ['a name that is not known', { pth: 'a.sqlite' }, /unknown option pth/],
    ['a wrong option of core', { commandTimeout: -1 }, /commandTimeout/],
  ])('are refused with a TypeError: %s', (_, options, message) => {
    expect(() => new SqliteOAuthDatabase(options)).toThrow(TypeError);
    expect(() => new SqliteOAuthDatabase(options)).toThrow(message);
  });
});
