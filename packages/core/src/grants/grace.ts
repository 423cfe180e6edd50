import { hkdfSync } from 'node:crypto';
import { OAuthDatabaseError } from '../error.ts';
import { decrypt, encrypt } from '../secrets/aead.ts';

/** What a rotated refresh token still gives to whoever presents it, for a while. */
export interface Grace {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly left: number;
  /** The answer of the rotation, sealed under the rotated token. */
  readonly sealed: string;
}

/** Seals what may only be read by whoever has the token: it is stored nowhere, so that nothing usable is at rest. */
export function sealUnder(token: string, name: string, answer: unknown): string {
  return encrypt(keyFor(token, name), name, JSON.stringify(answer));
}

/** @throws OAuthDatabaseError `OAUTHDB_INTEGRITY` */
export function unsealUnder(token: string, name: string, sealed: string): unknown {
  const text = decrypt(keyFor(token, name), name, sealed);
  if (text !== null) return JSON.parse(text);
  throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', 'the answer of a rotation is not what was stored', {
    outcome: 'not_executed',
  });
}

function keyFor(token: string, name: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, name, 'oauthdb rotation', 32));
}
