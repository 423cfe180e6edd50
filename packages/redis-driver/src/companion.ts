import { crc16, SLOTS, slotOf } from './slot.ts';

/**
 * What is kept beside a key: that it was taken, and by whom (`used`), or when the members of a shared list expire (`expiry`).
 */
export type CompanionKind = 'used' | 'expiry';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * The key under which something is kept beside `key`: in the same hash slot, for any `key` whatever, and in a key space of its
 * own.
 *
 * It is `{key}:kind`, whose hash tag is all of `key`. A `}` in `key` would end that tag early; then the tag is the beginning of
 * the key and three characters that bring it into the slot, and the key stands behind.
 *
 * Either begins with `{` and the beginning of `key`: no key does that begins with a prefix of ours (see `checkPrefixes`), so that
 * neither a listing shows it nor a user's key can be it. No two are the same: what follows the first `}` tells the kind and, if
 * it is not in front, the key.
 */
export function companion(key: string, kind: CompanionKind): string {
  const close = key.indexOf('}');
  if (close < 0) return `{${key}}:${kind}`;
  const head = `${key.slice(0, close)}~`;
  return `{${head}${fillerFor(head, slotOf(key))}}:${kind}:${key}`;
}

/** How every companion of a key under `prefix` begins. */
export function companionPrefix(prefix: string): string {
  return `{${prefix.split('}', 1)[0] ?? ''}`;
}

/** By slot, three characters of that slot; made when the first one is needed. */
let fillers: readonly string[] | undefined;

/** Three characters which, put behind `head`, give a text of that slot. */
function fillerFor(head: string, slot: number): string {
  fillers ??= findFillers();
  // A CRC is linear: that of `head` and three characters is that of `head` and three zeroes, plus that of the characters.
  const filler = fillers[(crc16('\0\0\0', crc16(head)) ^ slot) % SLOTS];
  // 18 bits of choice for 14 bits of slot: every slot has one, as the tests show.
  return filler as string;
}

function findFillers(): string[] {
  const found: string[] = [];
  for (const a of ALPHABET) {
    for (const b of ALPHABET) for (const c of ALPHABET) found[crc16(a + b + c) % SLOTS] ??= a + b + c;
  }
  return found;
}
