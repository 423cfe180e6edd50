import { NONE, type Slots } from './slots.ts';

/** The number of a slot that this uses: when it ends, epoch milliseconds; `Infinity` for never. */
const EXPIRES = 1;
/** The integers that this uses: its neighbours in a bucket. The first one's `BEFORE` is the complement of the bucket. */
const [BEFORE, AFTER] = [4, 5];
/** The `BEFORE` of what is in no bucket. */
const OUT = -(2 ** 31);

const [LEVELS, BITS] = [4, 8];
const BUCKETS = 1 << BITS;
const LAST = 2 ** (LEVELS * BITS) - 1;

/**
 * Which slots end when: a wheel of 256 seconds, one of 256 turns of that, and so on for 136 years. What is far away lies in a coarse
 * bucket, and comes into finer ones as its time nears, so that to add, to move and to remove a slot costs the same however many
 * there are.
 */
export class ExpiryWheel {
  readonly #slots: Slots;
  readonly #firsts = new Int32Array(LEVELS * BUCKETS).fill(NONE);
  /** The second from which all others count. */
  #epoch: number | undefined;
  /** The second up to which everything was taken out, or is in a bucket of this second. */
  #time = 0;
  /** No bucket is due before. */
  #next = Infinity;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  expiresAt(slot: number): number {
    return this.#slots.number(slot, EXPIRES);
  }

  add(slot: number, expiresAt: number): void {
    this.#slots.setNumber(slot, EXPIRES, expiresAt);
    this.#slots.setInt(slot, BEFORE, OUT);
    this.#place(slot);
  }

  /** What ends later than before stays where it is until then. */
  move(slot: number, expiresAt: number): void {
    const stays = expiresAt >= this.expiresAt(slot) && this.#slots.int(slot, BEFORE) !== OUT;
    this.#slots.setNumber(slot, EXPIRES, expiresAt);
    if (stays) return;
    this.remove(slot);
    this.#place(slot);
  }

  remove(slot: number): void {
    const before = this.#slots.int(slot, BEFORE);
    if (before === OUT) return;
    const after = this.#slots.int(slot, AFTER);
    if (before < 0) this.#firsts[~before] = after;
    else this.#slots.setInt(before, AFTER, after);
    if (after !== NONE) this.#slots.setInt(after, BEFORE, before);
    this.#slots.setInt(slot, BEFORE, OUT);
  }

  /** Takes out what has ended by the second that has begun, and gives it to `end`; moves at most `limit` slots. */
  advance(now: number, limit: number, end: (slot: number) => void): void {
    const until = this.#count(Math.floor(now / 1000));
    for (let left = limit; left > 0 && this.#next <= until;) {
      const slot = this.#firsts[this.#bucketOfNow()] as number;
      if (slot === NONE) {
        this.#next = this.#ahead();
        if (this.#next <= until) this.#time = this.#next;
        continue;
      }
      left--;
      this.remove(slot);
      if (this.expiresAt(slot) <= now) end(slot);
      else this.#place(slot);
    }
  }

  #place(slot: number): void {
    const expiresAt = this.expiresAt(slot);
    if (expiresAt === Infinity) return;
    const second = Math.max(this.#count(Math.ceil(expiresAt / 1000)), this.#time);
    // As coarse as the highest byte by which it differs.
    const level = (31 - Math.clz32((second ^ this.#time) | 1)) >> 3;
    const bucket = level * BUCKETS + ((second >>> (level * BITS)) & (BUCKETS - 1));
    const first = this.#firsts[bucket] as number;
    this.#slots.setInt(slot, BEFORE, ~bucket);
    this.#slots.setInt(slot, AFTER, first);
    if (first !== NONE) this.#slots.setInt(first, BEFORE, slot);
    this.#firsts[bucket] = slot;
    if (second < this.#next) this.#next = second;
  }

  #count(second: number): number {
    this.#epoch ??= second;
    return Math.min(second - this.#epoch, LAST);
  }

  /** The bucket of this second that is not empty, the coarsest first: what is in it is to come into finer ones. */
  #bucketOfNow(): number {
    for (let level = LEVELS - 1; level > 0; level--) {
      const bucket = level * BUCKETS + ((this.#time >>> (level * BITS)) & (BUCKETS - 1));
      if (this.#firsts[bucket] !== NONE) return bucket;
    }
    return this.#time & (BUCKETS - 1);
  }

  /** When the next bucket begins that is not empty: all of a finer wheel come before those of a coarser one. */
  #ahead(): number {
    for (let level = 0; level < LEVELS; level++) {
      const seconds = BUCKETS ** level;
      const now = Math.floor(this.#time / seconds) % BUCKETS;
      for (let i = now + 1; i < BUCKETS; i++) {
        if (this.#firsts[level * BUCKETS + i] !== NONE) {
          return (Math.floor(this.#time / seconds) - now + i) * seconds;
        }
      }
    }
    return Infinity;
  }
}
