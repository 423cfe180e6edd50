import { createHmac, hash, type KeyObject } from 'node:crypto';

/** What stands in a key in place of a secret. */
export interface Handles {
  of(kind: string, secret: string): string;
}

/**
 * A secret's SHA-256, or its HMAC under a pepper. A handle of 256 random bits needs no more: nobody finds the secret by trying;
 * a pepper covers shorter ones, as long as it is not stored beside the data.
 */
export function hashedHandles(pepper?: KeyObject): Handles {
  if (pepper === undefined) return { of: (_kind, secret) => hash('sha256', secret, 'base64url') };
  return {
    of: (kind, secret) => createHmac('sha256', pepper).update(`${kind}\0${secret}`).digest('base64url'),
  };
}

/** The secret itself, for data that is shared with software that expects it. */
export const plainHandles: Handles = { of: (_kind, secret) => secret };
