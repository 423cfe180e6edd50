import { hash, randomBytes } from 'node:crypto';

/** A new code or token. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The name under which an access token is kept: names are not secret, so that it must not be the token. */
export function jtiOf(accessToken: string): string {
  return hash('sha256', accessToken, 'base64url');
}

/**
 * Whether the database could hold anything under what a request says. It takes no other names, and throws: a mistake of the
 * application's, and not of whoever sends the request.
 */
export function isStorable(presented: string): boolean {
  return presented !== '' && presented.isWellFormed() && Buffer.byteLength(presented) <= 8192;
}
