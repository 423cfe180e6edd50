import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';

/** After so long a temporary file is nobody's. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Writes a file so that at any moment its path leads to the whole old one or to the whole new one, whatever happens: into another
 * file in the same directory, which takes its name when it is on disk. Only this user may read it.
 *
 * @param write - writes all of it, ends the stream, and is done when that is closed.
 */
export async function writeWhole(path: string, write: (to: Writable) => Promise<void>): Promise<void> {
  const directory = dirname(path);
  await removeAbandoned(path);
  const temporary = join(directory, `${startOf(path)}${randomBytes(6).toString('hex')}.tmp`);
  try {
    await write(createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** How the temporary files of `path` begin. */
function startOf(path: string): string {
  return `.${basename(path)}.`;
}

/** Removes what a process left that was killed. */
async function removeAbandoned(path: string): Promise<void> {
  const directory = dirname(path);
  const start = startOf(path);
  for (const name of await readdir(directory)) {
    if (!name.startsWith(start) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(start.length))) continue;
    const file = join(directory, name);
    const found = await stat(file).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(file, { force: true });
  }
}

/** Puts a new name on disk. */
async function syncDirectory(directory: string): Promise<void> {
  // Windows has no such thing.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
