import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { OAuthDatabaseError } from '../error.ts';

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
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFor(token, name), iv).setAAD(Buffer.from(name));
  const sealed = [iv, cipher.update(JSON.stringify(answer), 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64url');
}

/** @throws OAuthDatabaseError `OAUTHDB_INTEGRITY` */
export function unsealUnder(token: string, name: string, sealed: string): unknown {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyFor(token, name), bytes.subarray(0, 12));
    decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(-16));
    const text = decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
    return JSON.parse(text);
  } catch {
    throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', 'the answer of a rotation is not what was stored', {
      outcome: 'not_executed',
    });
  }
}

function keyFor(token: string, name: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, name, 'oauthdb rotation', 32));
}
