import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultHook } from '@oauthdb/core/conformance';
import Database from 'better-sqlite3';
import { SqliteDriver } from '../src/index.ts';
import type { Disk } from './disk.ts';

/** Starts a process that holds the write lock of a file, and is stopped (SIGSTOP), and gives what makes it let go. */
async function holdLock(path: string): Promise<() => Promise<void>> {
  const script = fileURLToPath(new URL('children/hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@oauthdb/source', script, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  return async () => {
    child.stdin.end();
    child.kill('SIGCONT');
    await ended;
  };
}

/** A directory, where a limit on the pages of the file stands for a disk that is full. */
async function limited(clients: readonly Database.Database[]): Promise<Disk> {
  const directory = await mkdtemp(join(tmpdir(), 'oauthdb-sqlite-'));
  const limit = (pages: number): void => {
    for (const client of clients) client.pragma(`max_page_count = ${pages}`);
  };
  return {
    directory,
    // There may be room within the file, and none for it to grow.
    fill: async () => limit(Number(clients[0]?.pragma('page_count', { simple: true }))),
    free: async () => limit(2 ** 30),
    end: () => rm(directory, { recursive: true }),
  };
}

/**
 * The faults of a file: somebody who holds its lock, and no room. Each store is a file of its own.
 *
 * @param mount - gives each a disk of its own; `null`: a limit on the pages of the file stands for one that is full.
 */
export function fileFaults(mount: (() => Promise<Disk | null>) | null = null): FaultHook {
  return {
    offers: ['hang', 'resume', 'fill', 'free'],
    start: async () => {
      const clients: Database.Database[] = [];
      const disk = (await mount?.()) ?? (await limited(clients));
      const { directory } = disk;
      const path = join(directory, 'oauthdb.sqlite');
      let letGo = async (): Promise<void> => {};
      const open = (): SqliteDriver => {
        const client = new Database(path);
        clients.push(client);
        return new SqliteDriver({ client });
      };
      return {
        open,
        beside: open,
        hang: async () => {
          letGo = await holdLock(path);
        },
        resume: () => letGo(),
        fill: () => disk.fill(),
        free: () => disk.free(),
        // No client is closed yet, so that the write-ahead log is still there.
        exposed: async () =>
          Promise.all(
            (await readdir(directory)).map(async (where) => ({
              where,
              bytes: await readFile(join(directory, where)),
            })),
          ),
        stop: async () => {
          await letGo();
          for (const client of clients) client.close();
          await disk.end();
        },
      };
    },
  };
}
