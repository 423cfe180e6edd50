import { createCipheriv, createDecipheriv, randomFillSync, type CipherKey } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Random bytes for some encryptions ahead: to ask for twelve at a time would take as long as to encrypt. */
const ivs = Buffer.alloc(IV_BYTES * 256);
let used = ivs.length;

/**
 * Encrypts a text by AES-256-GCM under a random IV, bound to a context: the base64url form of IV, ciphertext and tag.
 *
 * @see NIST SP 800-38D section 8.3: a key is good for 2^32 encryptions
 */
export function encrypt(key: CipherKey, context: string, text: string): string {
  const iv = nextIv();
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(context));
  const sealed = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64url');
}

/** What was encrypted; `null` if a character of it was changed, or the key or the context is another. */
export function decrypt(key: CipherKey, context: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  // Base64 can say the same in several ways, and its decoder passes over what is none.
  if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return text.toString('utf8');
}

function nextIv(): Uint8Array {
  if (used === ivs.length) {
    randomFillSync(ivs);
    used = 0;
  }
  return ivs.subarray(used, (used += IV_BYTES));
}
