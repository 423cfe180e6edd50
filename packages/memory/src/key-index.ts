import { NONE, type Slots } from './slots.ts';

/** The integers of a slot that this uses: its key's hash, and the next slot of the same bucket. */
const [HASH, NEXT] = [0, 1];

const PAGE_BITS = 10;
const PAGE = 1 << PAGE_BITS;

/**
 * Finds slots by their keys: a hash table that grows by a bucket with each key (linear hashing). A `Map` would double all at once now
 * and then, and keep everybody waiting meanwhile.
 */
export class KeyIndex {
  readonly #slots: Slots;
  /** The first slot of each bucket, in pages. */
  readonly #firsts: Int32Array[] = [];
  #buckets = 0;
  /** Which bits of a hash tell the bucket, if there is that one; else all of them but the highest. */
  #mask = 0;
  #size = 0;
  // Of this index alone, so that nobody can choose keys that all are of one bucket.
  readonly #seed = randomBits();
  readonly #factor = (randomBits() & 0x3fff_fff8) | 0x4000_0005;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  get size(): number {
    return this.#size;
  }

  hash(key: string): number {
    const { length } = key;
    const factor = this.#factor;
    let hash = this.#seed ^ length;
    let i = length & 1;
    if (i === 1) hash = Math.imul(hash ^ key.charCodeAt(0), factor);
    for (; i < length; i += 2) {
      hash = Math.imul(hash ^ key.charCodeAt(i) ^ (key.charCodeAt(i + 1) << 16), factor);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x2c1b_3c6d);
    return hash ^ (hash >>> 13);
  }

  /** The slot with this key, whose hash is given. */
  find(key: string, hash: number): number {
    if (this.#size === 0) return NONE;
    let slot = this.#first(this.#bucketOf(hash));
    while (slot !== NONE && (this.#slots.int(slot, HASH) !== hash || this.#slots.key(slot) !== key)) {
      slot = this.#slots.int(slot, NEXT);
    }
    return slot;
  }

  /** A new slot for a key that has none. */
  add(key: string, hash: number): number {
    if (++this.#size > this.#buckets) this.#split();
    const slot = this.#slots.add(key);
    this.#slots.setInt(slot, HASH, hash);
    this.#push(this.#bucketOf(hash), slot);
    return slot;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#slots.remove(slot);
    this.#size--;
    // Two at a time, to keep up: a table is to be at least half full.
    for (let i = 0; i < 2 && this.#buckets > 2 * this.#size + 1; i++) this.#merge();
  }

  #bucketOf(hash: number): number {
    const bucket = hash & this.#mask;
    return bucket < this.#buckets ? bucket : bucket & (this.#mask >>> 1);
  }

  #first(bucket: number): number {
    return (this.#firsts[bucket >> PAGE_BITS] as Int32Array)[bucket & (PAGE - 1)] as number;
  }

  #setFirst(bucket: number, slot: number): void {
    (this.#firsts[bucket >> PAGE_BITS] as Int32Array)[bucket & (PAGE - 1)] = slot;
  }

  #push(bucket: number, slot: number): void {
    this.#slots.setInt(slot, NEXT, this.#first(bucket));
    this.#setFirst(bucket, slot);
  }

  #unlink(slot: number): void {
    const bucket = this.#bucketOf(this.#slots.int(slot, HASH));
    const next = this.#slots.int(slot, NEXT);
    let before = this.#first(bucket);
    if (before === slot) return this.#setFirst(bucket, next);
    while (this.#slots.int(before, NEXT) !== slot) before = this.#slots.int(before, NEXT);
    this.#slots.setInt(before, NEXT, next);
  }

  /** Adds a bucket, and moves what is its from the one where it was. */
  #split(): void {
    const added = this.#buckets++;
    if ((added & (PAGE - 1)) === 0) this.#firsts.push(new Int32Array(PAGE).fill(NONE));
    if (added > this.#mask) this.#mask = this.#mask * 2 + 1;
    if (added === 0) return;
    const from = added & (this.#mask >>> 1);
    let slot = this.#first(from);
    this.#setFirst(from, NONE);
    while (slot !== NONE) {
      const next = this.#slots.int(slot, NEXT);
      this.#push(this.#bucketOf(this.#slots.int(slot, HASH)), slot);
      slot = next;
    }
  }

  /** Takes the last bucket away. */
  #merge(): void {
    const removed = --this.#buckets;
    let slot = this.#first(removed);
    this.#setFirst(removed, NONE);
    if (removed <= (this.#mask >>> 1) + 1) this.#mask >>>= 1;
    if ((removed & (PAGE - 1)) === 0) this.#firsts.pop();
    while (slot !== NONE) {
      const next = this.#slots.int(slot, NEXT);
      this.#push(this.#bucketOf(this.#slots.int(slot, HASH)), slot);
      slot = next;
    }
  }
}

function randomBits(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}
