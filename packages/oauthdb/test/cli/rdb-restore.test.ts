import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { until } from '@oauthdb/test-redis/resp';
import { expect, it } from 'vitest';
import { directory, output, values } from './cli.ts';

// What docs/restore-rdb.md says, step by step.

const urlOf = ({ host, port }: PrivateServer): { db: string } => ({ db: `redis://${host}:${port}` });

/** A server on files that stay when it ends. */
function serverIn(dir: string, appendonly: 'yes' | 'no'): Promise<PrivateServer> {
  return startPrivateServer({ args: ['--dir', dir, '--appendonly', appendonly] });
}

/** A directory that has an append-only file in which a token is missing, and the dump that has it. */
async function lost(): Promise<{ dir: string; dump: string }> {
  const [dir, dump] = [await directory(), join(await directory(), 'dump.rdb')];
  await using server = await serverIn(dir, 'yes');
  await output(['tokens', 'set', 'user_123'], { ...urlOf(server), input: 'v' });
  await output(['backup', dump, '--rdb', '--rdb-from', join(dir, 'dump.rdb')], urlOf(server));
  await output(['tokens', 'delete', 'user_123', '--yes'], urlOf(server));
  return { dir, dump };
}

it('a dump that is put beside an append-only file is not read', async () => {
  const { dir, dump } = await lost();
  await copyFile(dump, join(dir, 'dump.rdb'));
  await using server = await serverIn(dir, 'yes');
  expect(await values(['tokens', 'list'], urlOf(server))).toEqual([]);
});

it('the steps of the document bring it back, and keep it', async () => {
  const { dir, dump } = await lost();
  await rename(join(dir, 'appendonlydir'), join(dir, 'appendonlydir.old'));
  await copyFile(dump, join(dir, 'dump.rdb'));
  {
    await using server = await serverIn(dir, 'no');
    expect(await values(['tokens', 'list'], urlOf(server))).toMatchObject([{ key: 'user_123' }]);
    await server.send('CONFIG', 'SET', 'appendonly', 'yes');
    await until('the new append-only file', async () => {
      const info = String(await server.send('INFO', 'persistence'));
      return info.includes('aof_rewrite_in_progress:0') && info.includes('aof_last_bgrewrite_status:ok');
    });
  }
  await using server = await serverIn(dir, 'yes');
  expect(await values(['tokens', 'list'], urlOf(server))).toMatchObject([{ key: 'user_123' }]);
});
