import { hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { isUint8Array } from 'node:util/types';
import { kindOf } from '@oauthdb/core';

/** What a backup is encrypted with: one of the two, or nothing. */
export interface BackupSecret {
  /** At least 12 characters; a key is made of it by scrypt, which takes about half a second. */
  readonly passphrase?: string | undefined;
  /** 32 random bytes, or the base64 or base64url form of them. */
  readonly key?: Uint8Array | string | undefined;
}

/** How a key is made of what the caller has; it stands in the file. */
export interface Derivation {
  readonly from: 'passphrase' | 'key';
  /** base64url */
  readonly salt: string;
  /** Of scrypt. */
  readonly cost?: { readonly N: number; readonly r: number; readonly p: number };
}

/** 128 MiB and about half a second for each guess (OWASP: N = 2^17, r = 8, p = 1). */
const COST = { N: 2 ** 17, r: 8, p: 1 };

/** Nobody who writes a file may have its reader work for longer, or take more memory, than this. */
const MOST = { N: 2 ** 20, r: 16, p: 4 };

/** The key of one file, and what tells whether it is the right one. */
export interface FileKey {
  readonly key: Uint8Array;
  /** base64url; says nothing of the key. */
  readonly verifier: string;
}

/** @throws TypeError for two secrets, or one that is none. */
export function checkSecret({ passphrase, key }: BackupSecret): Uint8Array | string | null {
  if (passphrase !== undefined && key !== undefined)
    throw new TypeError('passphrase and key must not both be given');
  if (passphrase !== undefined) {
    if (typeof passphrase !== 'string')
      throw new TypeError(`passphrase must be a string, received ${kindOf(passphrase)}`);
    if (passphrase.length < 12)
      throw new TypeError(`passphrase must have at least 12 characters, received ${passphrase.length}`);
    return passphrase;
  }
  if (key === undefined) return null;
  const bytes = typeof key === 'string' && /^[\w+/-]*={0,2}$/.test(key) ? Buffer.from(key, 'base64') : key;
  if (isUint8Array(bytes) && bytes.byteLength === 32) return bytes;
  const received = isUint8Array(bytes) ? `${bytes.byteLength} bytes` : kindOf(key);
  throw new TypeError(`key must be 32 bytes, or base64 of 32 bytes, received ${received}`);
}

export function newDerivation(secret: Uint8Array | string): Derivation {
  const salt = randomBytes(16).toString('base64url');
  return typeof secret === 'string' ? { from: 'passphrase', salt, cost: COST } : { from: 'key', salt };
}

/** Whether a file's derivation is one that may be followed. */
export function isDerivation(value: unknown): value is Derivation {
  if (typeof value !== 'object' || value === null) return false;
  const { from, salt, cost } = value as Partial<Derivation>;
  if (typeof salt !== 'string' || !/^[\w-]{22}$/.test(salt)) return false;
  if (from === 'key') return true;
  if (from !== 'passphrase' || typeof cost !== 'object' || cost === null) return false;
  return (['N', 'r', 'p'] as const).every((name) => {
    const n: unknown = cost[name];
    return typeof n === 'number' && Number.isInteger(n) && n > 0 && n <= MOST[name];
  });
}

export async function deriveKey(secret: Uint8Array | string, derivation: Derivation): Promise<FileKey> {
  const salt = Buffer.from(derivation.salt, 'base64url');
  const master = typeof secret === 'string' ? await stretched(secret, salt, derivation.cost ?? COST) : secret;
  const part = (name: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', master, salt, name, length));
  return {
    key: part('oauthdb backup', 32),
    verifier: Buffer.from(part('oauthdb backup verifier', 16)).toString('base64url'),
  };
}

function stretched(passphrase: string, salt: Uint8Array, { N, r, p }: typeof COST): Promise<Uint8Array> {
  // Different ways to write the same letters are the same passphrase.
  const text = passphrase.normalize('NFC');
  const maxmem = 256 * N * r * p;
  return new Promise((resolve, reject) => {
    scrypt(text, salt, 32, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
