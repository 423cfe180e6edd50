import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Moment } from '@oauthdb/core';
import { afterAll, afterEach } from 'vitest';
import { SqliteDriver, type SqliteDriverOptions } from '../src/index.ts';

const directories: string[] = [];

/** A path for a database, in a directory of its own that is removed after the tests of the file. */
export function temporaryPath(name = 'oauthdb.sqlite'): string {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-sqlite-'));
  directories.push(directory);
  return join(directory, name);
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const opened: SqliteDriver[] = [];

/** A driver that is closed after the test. */
export function openDriver(options: SqliteDriverOptions): SqliteDriver {
  const driver = new SqliteDriver(options);
  opened.push(driver);
  return driver;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((driver) => driver.close()));
});

/** This moment, for a call to a driver. */
export function soon(ms = 20_000, now = 1_700_000_000_000): Moment {
  return { now, deadline: performance.now() + ms };
}

/** Stores one entry that never expires. */
export async function put(driver: SqliteDriver, key: string, value: string): Promise<void> {
  await driver.commit({ puts: [{ key, value, expiresAt: null }] }, soon());
}

export async function valueOf(driver: SqliteDriver, key: string): Promise<string | null> {
  const [entry] = await driver.read([key], soon());
  return entry?.value ?? null;
}
