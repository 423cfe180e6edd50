import { copyFile, constants } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InspectedNode } from '@oauthdb/redis-driver';
import type { Context } from '../context.ts';
import { EXIT, Failure, UsageError } from '../exit-codes.ts';
import { checkRdb } from '../rdb-file.ts';
import { sizeOf } from '../text.ts';
import { info, nodeColumn } from './redis.ts';

export interface RdbOptions {
  readonly rdbFrom?: string;
}

/** How often the server is asked whether it is done. */
const POLL_MS = 200;

/** Has each server write its dump, waits for the end, and checks and copies the file where it can be seen. */
export async function rdbBackup(
  context: Context,
  path: string | undefined,
  { rdbFrom }: RdbOptions,
): Promise<number> {
  if ((path === undefined) !== (rdbFrom === undefined)) {
    throw new UsageError(
      'a copy needs both: --rdb-from <file>, where the dump is to be seen, and the file to copy it to',
    );
  }
  const { out } = context;
  const nodes = await (await context.inspector()).nodes();
  if (rdbFrom !== undefined && nodes.length > 1)
    throw new UsageError('copy the dumps of a cluster one by one');
  for (const node of nodes) {
    const saved = await save(node, context.signal);
    const row = { ...nodeColumn(node.name), dumped_at: saved.at.toISOString(), seconds: saved.seconds };
    const copied = path === undefined || rdbFrom === undefined ? {} : await copy(rdbFrom, path);
    await out.record({ ...row, ...copied });
    if (saved.appendOnly) {
      out.warn(
        'the append-only file is on: Redis ignores a dump that is put back while it is; see the README on restoring one',
      );
    }
  }
  return EXIT.ok;
}

interface Saved {
  readonly at: Date;
  readonly seconds: number;
  readonly appendOnly: boolean;
}

/** `BGSAVE` says that it has begun, and no more: a copy made right then is of the dump before. */
async function save(node: InspectedNode, signal: AbortSignal): Promise<Saved> {
  // One that is under way began before this: it is waited for, and does not count.
  await idle(node, signal);
  const before = await info(node, 'persistence');
  const began = Number(await node.send('LASTSAVE'));
  await node.send('BGSAVE', 'SCHEDULE');
  let after = await idle(node, signal);
  // It may be scheduled behind a rewrite of the append-only file, and take a moment to begin. Two within a second look alike.
  const saves = (found: Readonly<Record<string, string>>): number => Number(found['rdb_saves'] ?? 0);
  while (Number(after['rdb_last_save_time']) === began && saves(after) === saves(before)) {
    if (after['rdb_last_bgsave_status'] !== 'ok') break;
    await sleep(POLL_MS, undefined, { signal });
    after = await idle(node, signal);
  }
  if (after['rdb_last_bgsave_status'] !== 'ok') {
    throw new Failure(
      'Redis could not write its dump: look at its log, and at the space on its disk',
      EXIT.refused,
    );
  }
  return {
    at: new Date(Number(after['rdb_last_save_time']) * 1000),
    seconds: Number(after['rdb_last_bgsave_time_sec']),
    appendOnly: after['aof_enabled'] === '1',
  };
}

async function idle(node: InspectedNode, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  for (;;) {
    const found = await info(node, 'persistence');
    if (found['rdb_bgsave_in_progress'] !== '1') return found;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function copy(from: string, to: string): Promise<Record<string, unknown>> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`the dump cannot be copied: ${code === 'EEXIST' ? 'there is such a file' : code}`);
  }
  const { bytes, version } = await checkRdb(to);
  return { file: to, size: sizeOf(bytes), rdb_version: version, checksum: 'right' };
}
