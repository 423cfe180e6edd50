import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOAuthDatabaseError, open } from 'oauthdb';
import type { Stage } from './chapter.ts';

/** Where a run takes place. */
export interface Place extends Pick<Stage, 'url' | 'keyPrefix' | 'serverKeyPrefix' | 'key'> {
  /** Begins every key. */
  readonly prefix: string;
  /** The URL without what may be secret in it. */
  readonly label: string;
  /** Removes whatever a run that failed half-way has left. */
  readonly clear: () => Promise<void>;
}

/** A database of the user's, or a new SQLite file. */
export async function choosePlace(db: string | undefined): Promise<Place> {
  const prefix = `demo:${randomBytes(3).toString('hex')}:`;
  const own = {
    prefix,
    keyPrefix: `${prefix}held:`,
    serverKeyPrefix: `${prefix}issued:`,
    key: randomBytes(32),
  };
  if (db !== undefined) {
    const place = { ...own, url: db, label: withoutCredentials(db) };
    return { ...place, clear: () => deleteAll(place) };
  }
  const dir = await mkdtemp(join(tmpdir(), 'oauthdb-demo-'));
  const url = `sqlite:${join(dir, 'tokens.db')}`;
  return { ...own, url, label: url, clear: () => rm(dir, { recursive: true, force: true }) };
}

/** Throws what is wrong with the database, before anything is told. */
export async function checkPlace({ url, keyPrefix, label }: Place): Promise<void> {
  const db = await open(url, { keyPrefix });
  try {
    await db.hasToken('anything');
  } catch (error) {
    throw new Error(`${label} cannot be used: ${sentence(error)}`, { cause: error });
  } finally {
    await db.close();
  }
}

/** What went wrong, for somebody who runs the demo. */
export function sentence(error: unknown): string {
  if (!isOAuthDatabaseError(error)) return error instanceof Error ? error.message : String(error);
  return `${error.message.replace(/^\w+: /, '')} (${error.code})`;
}

/** What remembers that something was used or revoked ends by itself, at the latest when that would have ended. */
async function deleteAll({ url, keyPrefix, serverKeyPrefix, key }: Omit<Place, 'clear'>): Promise<void> {
  const secrets = { keys: [{ id: 'demo', key }] };
  const db = await open(url, { keyPrefix, serverKeyPrefix, secrets });
  try {
    await db.deleteTokens(await db.listTokens());
    for await (const { client_id } of db.clients.list()) await db.clients.delete(client_id);
  } finally {
    await db.close();
  }
}

/** Of a URL that {@link open} takes. */
function withoutCredentials(url: string): string {
  const [, start = '', rest = ''] = /^([a-z+]+:\/\/)(.*)$/s.exec(url) ?? [];
  return start === '' ? url : start + rest.slice(rest.lastIndexOf('@') + 1).replace(/[?#].*$/s, '');
}
