import { chmodSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { SqliteDriver } from '../src/index.ts';
import { openDriver, put, soon, temporaryPath } from './temporary.ts';

async function codes(driver: SqliteDriver): Promise<string[]> {
  return (await driver.check([], soon())).map(({ code }) => code);
}

describe('what endangers tokens in a file', () => {
  it('is nothing, where this package made it', async () => {
    const driver = openDriver({ path: temporaryPath() });
    await put(driver, 'k', 'v');
    expect(await codes(driver)).toEqual([]);
    expect(await codes(openDriver({ path: ':memory:' }))).toEqual([]);
    const { version, usedBytes } = await driver.describe(soon());
    expect(version).toMatch(/^3\.\d/);
    expect(usedBytes).toBeGreaterThan(4095);
  });

  it.skipIf(process.platform === 'win32')('is who may read it, or put another in its place', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'k', 'v');
    chmodSync(path, 0o640);
    const [found] = await driver.check([], soon());
    expect(found).toMatchObject({ code: 'file_rights', severity: 'error', remedy: `chmod 600 ${path}` });
    chmodSync(path, 0o600);
    chmodSync(dirname(path), 0o770);
    expect(await codes(driver)).toEqual(['directory_rights']);
  });

  it('is what makes writes less durable, or slow', async () => {
    const path = temporaryPath();
    await put(openDriver({ path }), 'k', 'v');
    const client = new Database(path);
    const driver = openDriver({ client });
    await put(driver, 'k', 'v');
    client.pragma('synchronous = OFF');
    expect(await codes(driver)).toEqual(['not_durable']);
    client.close();
  });

  it('is damage', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    for (let i = 0; i < 50; i++) await put(driver, `key ${i}`, 'v'.repeat(2000));
    await driver.close();
    const file = openSync(path, 'r+');
    for (let at = 5 * 4096; at < statSync(path).size; at += 4096) writeSync(file, 'damage', at);
    expect(await codes(openDriver({ path }))).toContain('damaged');
  });
});
