import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultHook } from '@oauthdb/core/conformance';
import Database from 'better-sqlite3';
import { SqliteDriver } from '../src/index.ts';

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

/** The faults of a file: somebody who holds its lock, and no room. Each store is a file of its own. */
export const fileFaults: FaultHook = {
  offers: ['hang', 'resume', 'fill', 'free'],
  start: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'oauthdb-sqlite-'));
    const path = join(directory, 'oauthdb.sqlite');
    const clients: Database.Database[] = [];
    let letGo = async (): Promise<void> => {};
    /** As full as a disk can make it: there may be room within the file, and none for it to grow. */
    const limit = (client: Database.Database, pages: number): unknown =>
      client.pragma(`max_page_count = ${pages}`);
    const size = (): number => Number(clients[0]?.pragma('page_count', { simple: true }));
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
      fill: async () => {
        const pages = size();
        for (const client of clients) limit(client, pages);
      },
      free: async () => {
        for (const client of clients) limit(client, 2 ** 30);
      },
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
        await rm(directory, { recursive: true });
      },
    };
  },
};
