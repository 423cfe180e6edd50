import type { Calls } from './calls.ts';
import type { Change, Driver, Moment } from './driver.ts';
import { OAuthDatabaseError } from './error.ts';
import { contended, TRIES } from './grants/record-store.ts';
import type { KeyRing } from './secrets/key-ring.ts';

const OPERATION = 'replaceToken';

/** What is to become of a token, checked. */
export interface Replacement {
  /** With its prefix. */
  readonly key: string;
  /** The token that must still be there; `null`: none must be. */
  readonly expected: string | null;
  /** What takes its place; `null`: nothing. */
  readonly token: string | null;
  /** When that ends, epoch milliseconds. */
  readonly expiresAt: number | null;
}

/**
 * Replaces a token that is still the expected one: whether it did.
 *
 * Tokens are compared by what they say and written by the version that was read, so that a token which was only sealed anew
 * meanwhile is still the same one.
 */
export async function replaceToken(
  driver: Driver,
  calls: Calls,
  keyRing: KeyRing,
  { key, expected, token, expiresAt }: Replacement,
): Promise<boolean> {
  // Sealed once, so that a repeat knows it again.
  const value = token === null ? null : keyRing.seal(key, token);
  const change = (version: string | null, { now }: Moment): Change => {
    const checks = [{ key, version }];
    const over = value === null || (expiresAt !== null && expiresAt <= now);
    return over ? { checks, deletes: [{ key }] } : { checks, puts: [{ key, value, expiresAt }] };
  };
  // Whether a change was sent that nothing is known of.
  let sent = false;
  const outcome = await calls.run(OPERATION, 'idempotent', async (at, uncertain) => {
    const repeated = uncertain && sent;
    for (let tries = 0; tries < TRIES; tries++) {
      // That nothing is there the change itself finds out.
      const blind = expected === null && !repeated;
      const [entry = null] = blind ? [] : await driver.read([key], at);
      const stored = entry === null ? null : keyRing.open(key, entry.value);
      // An earlier run came through, and its reply was lost.
      if (repeated && token !== expected && (entry?.value ?? null) === value) return 'replaced';
      if (stored !== expected) return repeated ? 'unknown' : 'other';
      sent = true;
      const { committed } = await driver.commit(change(entry?.version ?? null, at), at);
      sent = repeated;
      if (committed) return 'replaced';
      if (blind) return 'other';
    }
    throw contended(OPERATION);
  });
  if (outcome !== 'unknown') return outcome === 'replaced';
  // It may have been replaced by this call, and then by somebody else's.
  throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'no answer came, and the token is another one since', {
    operation: OPERATION,
    outcome: 'unknown',
  });
}
