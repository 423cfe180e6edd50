import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { integer } from '@oauthdb/core';

/** What stands for the moment in the name of one of several backups. */
const TIME = /\d{8}-\d{6}/;

/** The path of a backup that is made now, beside others: `./oauth.backup` becomes `./oauth-20260102-030405.backup`. */
export function timedPath(path: string, now: Date = new Date()): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const [name, ending] = parts(path);
  return join(dirname(path), `${name}-${time}${ending}`);
}

/** Removes all backups beside `path` that {@link timedPath} has named, but the newest ones, and gives the names of those removed. */
export async function keepNewest(path: string, count: number): Promise<string[]> {
  integer('count', count, 1);
  const [start, ending] = parts(path);
  const found = (await readdir(dirname(path))).filter((name) => {
    const time = name.slice(start.length + 1, name.length - ending.length);
    return name === `${start}-${time}${ending}` && new RegExp(`^${TIME.source}$`).test(time);
  });
  // By the time in their names, which are otherwise the same.
  const old = found.toSorted().slice(0, Math.max(0, found.length - count));
  for (const name of old) await rm(join(dirname(path), name), { force: true });
  return old;
}

/** The name without its last ending, and that. */
function parts(path: string): readonly [name: string, ending: string] {
  const whole = basename(path);
  const dot = whole.lastIndexOf('.');
  return dot <= 0 ? [whole, ''] : [whole.slice(0, dot), whole.slice(dot)];
}
