import { DriverDatabase } from '@oauthdb/core';
import { failures } from '@oauthdb/core/conformance';
import { redisFaults } from '@oauthdb/test-redis/faults';
import { expect, it } from 'vitest';
import { ioredisDriver } from '../src/index.ts';

it('the fault group finds what a server and its files show', async () => {
  const telling = {
    open: () => ioredisDriver(),
    database: (driver, options) => new DriverDatabase(driver, { ...options, handles: 'plain' }),
    faults: redisFaults((at) => ioredisDriver(at)),
  } satisfies Parameters<typeof failures>[0];
  const [failed] = await failures(telling, (name) => name.endsWith('while and after it hangs'));
  const message = String(failed?.error);
  for (const where of ['a command', 'dump.rdb', '.aof'])
    expect(message).toMatch(new RegExp(`${where}.* shows a secret: code`));
});
