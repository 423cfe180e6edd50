import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the file of a store lies, and how there comes to be no room for it. */
export interface Disk {
  readonly directory: string;
  fill(): Promise<void>;
  free(): Promise<void>;
  /** Removes it, with all that is on it. */
  end(): Promise<void>;
}

// It is gone together with this process, however that dies: then standard input ends.
const MOUNT = `
  mount -t tmpfs -o size=16m oauthdb-test "$1" || exit 1
  echo mounted
  read -r _
  umount -l "$1"; rmdir "$1"
`;

/** A disk of a few megabytes, in memory; `null` where this process may not mount one. */
export async function mountDisk(): Promise<Disk | null> {
  const directory = await mkdtemp(join(tmpdir(), 'oauthdb-disk-'));
  const child = spawn('sh', ['-c', MOUNT, 'sh', directory], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  const mounted = await Promise.race([
    once(child.stdout, 'data'),
    ended.then(
      () => null,
      () => null,
    ),
  ]);
  if (mounted === null) {
    await rm(directory, { recursive: true });
    return null;
  }
  const filler = join(directory, 'filler');
  return {
    directory,
    fill: async () => {
      await using file = await open(filler, 'w');
      for (const size of [2 ** 20, 2 ** 12]) await writeUntilFull(() => file.appendFile(Buffer.alloc(size)));
    },
    free: () => rm(filler, { force: true }),
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function writeUntilFull(write: () => Promise<void>): Promise<void> {
  try {
    for (;;) await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
