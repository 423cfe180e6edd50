import { hash } from 'node:crypto';
import { OAuthDatabaseError } from '../../error.ts';
import type { Kind } from '../keys.ts';

/** The member under which this library keeps, in a record of the service's form, what that form cannot say. */
export const NOTE = 'oauthdb';

/** What that form cannot say. The service keeps it, as it does every member that it does not know. */
export interface Note {
  /** What it was written for: the service makes the record of a code out of all of a state's, and takes the note along. */
  readonly of: string;
  /** The members of the record that the service has none for. */
  readonly has?: Readonly<Record<string, unknown>>;
  /**
   * By the name of a member, what was written for it, and what it was: nothing, where it was made up. It counts while that still
   * stands there.
   */
  readonly said?: Readonly<Record<string, readonly [written: unknown, said?: unknown]>>;
}

/** Names a record in its note; the id itself may be a secret. */
export function noteOf(kind: Kind, id: string): string {
  return `${kind}:${hash('sha256', id, 'base64url').slice(0, 22)}`;
}

/**
 * The note of a record; `null` for one that another program wrote, or made of ours.
 *
 * @throws OAuthDatabaseError `OAUTHDB_INTEGRITY` for a record of the kind that was written under another key.
 */
export function readNote(stored: unknown, kind: Kind, id: string): Note | null {
  if (!isNote(stored) || !stored.of.startsWith(`${kind}:`)) return null;
  if (stored.of === noteOf(kind, id)) return stored;
  // It may have been taken, and be gone.
  throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', 'what is stored belongs to another key', {
    outcome: 'unknown',
  });
}

/** Whether something is a note, of whatever. */
export function isNote(stored: unknown): stored is Note {
  if (!isObject(stored)) return false;
  const { of, has = {}, said = {} } = stored;
  if (typeof of !== 'string' || !/^[a-z]+:[\w-]{22}$/.test(of) || !isObject(has) || !isObject(said))
    return false;
  return Object.values(said).every((one) => Array.isArray(one));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
