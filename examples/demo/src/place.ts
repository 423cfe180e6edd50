import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOAuthDatabaseError, open } from 'oauthdb';

/** Where a run takes place. */
export interface Place {
  readonly url: string;
  readonly keyPrefix: string;
  /** The URL without what may be secret in it. */
  readonly label: string;
  /** Removes whatever a run that failed half-way has left. */
  readonly clear: () => Promise<void>;
}

/** A database of the user's, or a new SQLite file. */
export async function choosePlace(db: string | undefined): Promise<Place> {
  const keyPrefix = `demo:${randomBytes(3).toString('hex')}:`;
  if (db !== undefined) {
    return { url: db, keyPrefix, label: withoutCredentials(db), clear: () => deleteAll(db, keyPrefix) };
  }
  const dir = await mkdtemp(join(tmpdir(), 'oauthdb-demo-'));
  const url = `sqlite:${join(dir, 'tokens.db')}`;
  return { url, keyPrefix, label: url, clear: () => rm(dir, { recursive: true, force: true }) };
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

async function deleteAll(url: string, keyPrefix: string): Promise<void> {
  const db = await open(url, { keyPrefix, commandTimeout: 1000 });
  try {
    await db.deleteTokens(await db.listTokens());
  } finally {
    await db.close();
  }
}

/** Of a URL that {@link open} takes. */
function withoutCredentials(url: string): string {
  const [, start = '', rest = ''] = /^([a-z+]+:\/\/)(.*)$/s.exec(url) ?? [];
  return start === '' ? url : start + rest.slice(rest.lastIndexOf('@') + 1).replace(/[?#].*$/s, '');
}
