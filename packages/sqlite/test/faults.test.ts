import { DriverDatabase } from '@oauthdb/core';
import { failures, faultConformance } from '@oauthdb/core/conformance';
import { describe, expect, it } from 'vitest';
import { SqliteDriver } from '../src/index.ts';
import { mountDisk } from './disk.ts';
import { fileFaults } from './faults.ts';

const disk = await mountDisk();
await disk?.end();

faultConformance(
  { describe, it: it.concurrent },
  disk === null
    ? { name: 'a limit on pages for a full disk, as this user may not mount one', faults: fileFaults() }
    : { name: 'a disk of its own', faults: fileFaults(mountDisk) },
);

it.concurrent('the group finds what the files show', async () => {
  const telling = {
    open: () => new SqliteDriver(),
    database: (driver, options) => new DriverDatabase(driver, { ...options, handles: 'plain' }),
    faults: fileFaults(),
  } satisfies Parameters<typeof failures>[0];
  const [failed] = await failures(telling, (name) => name.endsWith('while and after it hangs'));
  expect(String(failed?.error)).toContain('oauthdb.sqlite-wal shows a secret: code');
});
