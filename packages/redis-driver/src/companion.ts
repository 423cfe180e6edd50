import { crc16, slotOf } from './slot.ts';

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

let last = { head: '', slot: -1, filler: '' };

/** Three characters which, put behind `head`, give a text of that slot. */
function fillerFor(head: string, slot: number): string {
  // Under a prefix with a hash tag it is the same for every key.
  if (last.head !== head || last.slot !== slot) last = { head, slot, filler: findFiller(head, slot) };
  return last.filler;
}

function findFiller(head: string, slot: number): string {
  const start = crc16(head);
  for (const a of ALPHABET) {
    const afterA = crc16(a, start);
    for (const b of ALPHABET) {
      const afterB = crc16(b, afterA);
      for (const c of ALPHABET) if (crc16(c, afterB) % 16_384 === slot) return a + b + c;
    }
  }
  // 18 bits of choice for 14 bits of slot: the tests show that every slot is reached, from one head and so from any.
  throw new Error('no filler leads to that slot');
}
