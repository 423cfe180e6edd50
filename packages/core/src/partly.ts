import { isOAuthDatabaseError, OAuthDatabaseError } from './error.ts';

/** Runs the rest of an operation of which a part was carried out: whatever fails now does not mean that nothing was changed. */
export async function afterPart<T>(operation: string, rest: () => Promise<T>): Promise<T> {
  try {
    return await rest();
  } catch (failure) {
    if (!isOAuthDatabaseError(failure) || failure.outcome === 'unknown') throw failure;
    const message = 'it failed after a part of it was done';
    throw new OAuthDatabaseError(failure.code, message, { operation, outcome: 'unknown', cause: failure });
  }
}
