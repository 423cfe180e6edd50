import type { Page, PageRequest, Tag, Where } from '@oauthdb/core';
import { ExpiryWheel } from './expiry-wheel.ts';
import { KeyIndex } from './key-index.ts';
import { Lists, LOOKED_AT, type IsLive } from './lists.ts';
import { NONE, Slots } from './slots.ts';

/** How many dead entries one change clears away: below a millisecond, and more than a change adds. */
export const SWEEP = 1000;

/** The reference of a slot, besides its key: the value, or who has taken it. */
const VALUE = 1;

const NO_TAGS: readonly Tag[] = [];

/** That a single-use entry was taken, and by whom. */
export interface Marker {
  readonly attempt: string;
  readonly value: string;
}

/**
 * What a {@link MemoryDriver} keeps. Several drivers may share one, as several connections share a database.
 *
 * A key has one slot, for its entry or for the memory that it was taken, for as long as either is there: a listing that is at a slot
 * finds what stays, whatever comes and goes.
 */
export class MemoryStore {
  readonly #slots = new Slots(2);
  readonly #index = new KeyIndex(this.#slots);
  readonly #wheel = new ExpiryWheel(this.#slots);
  readonly #lists = new Lists(this.#slots);
  #markers = 0;

  /** How many entries it holds, those that expired and were not yet cleared away included. */
  get size(): number {
    return this.#index.size - this.#markers;
  }

  /** The value of a live entry. */
  get(key: string, now: number): string | undefined {
    const kept = this.#kept(key, now);
    return typeof kept === 'string' ? kept : undefined;
  }

  /** When a live entry ends, epoch milliseconds; `Infinity`: never. */
  expiresAt(key: string, now: number): number | undefined {
    const slot = this.#find(key);
    return slot !== NONE && this.#isLive(slot, now) ? this.#wheel.expiresAt(slot) : undefined;
  }

  /** Who has taken what was there, while that is remembered. */
  marker(key: string, now: number): Marker | undefined {
    const kept = this.#kept(key, now);
    return typeof kept === 'string' ? undefined : kept;
  }

  put(key: string, value: string, expiresAt: number | null, tags: readonly Tag[]): void {
    this.#slots.setRef(this.#place(key, expiresAt ?? Infinity, tags), VALUE, value);
  }

  /** Whether there was a live entry to delete. */
  delete(key: string, now: number): boolean {
    const slot = this.#find(key);
    if (slot === NONE || this.#isMarker(slot)) return false;
    const wasLive = this.#isLive(slot, now);
    this.#drop(slot);
    return wasLive;
  }

  /** Puts the memory of who has taken it in the place of an entry; `expiresAt` is in epoch milliseconds, `Infinity` for ever. */
  mark(key: string, { attempt, value, expiresAt }: Marker & { readonly expiresAt: number }): void {
    const slot = this.#place(key, expiresAt, NO_TAGS);
    this.#slots.setRef(slot, VALUE, { attempt, value } satisfies Marker);
    this.#markers++;
  }

  /** The live keys that begin with a prefix, or the members of a tag whose entries are live. */
  list(where: Where, page: PageRequest, now: number): Page {
    if ('tag' in where) return this.#lists.members(where.tag.name, page, this.#liveAt(now));
    return this.#keys(where.prefix, page, now);
  }

  /** The tags whose names begin with a prefix and that have a live member. */
  tags(prefix: string, page: PageRequest, now: number): Page {
    return this.#lists.names(prefix, page, this.#liveAt(now));
  }

  /** Clears some of what has expired away. */
  sweep(now: number): void {
    this.#wheel.advance(now, SWEEP, this.#drop);
  }

  #keys(prefix: string, { after, limit }: PageRequest, now: number): Page {
    const items: string[] = [];
    const first = Number(after ?? 0);
    const end = Math.min(this.#slots.end, first + LOOKED_AT);
    for (let slot = first; slot < end; slot++) {
      if (items.length >= limit) return { items, next: String(slot) };
      const key = this.#slots.key(slot);
      if (key?.startsWith(prefix) === true && this.#isLive(slot, now)) items.push(key);
    }
    return { items, next: end === this.#slots.end ? null : String(end) };
  }

  /** The slot for what a key has from now on. */
  #place(key: string, expiresAt: number, tags: readonly Tag[]): number {
    const hash = this.#index.hash(key);
    const found = this.#index.find(key, hash);
    if (found === NONE) {
      const slot = this.#index.add(key, hash);
      this.#wheel.add(slot, expiresAt);
      this.#lists.add(slot, tags);
      return slot;
    }
    if (this.#isMarker(found)) this.#markers--;
    this.#wheel.move(found, expiresAt);
    this.#lists.replace(found, tags);
    return found;
  }

  #find(key: string): number {
    return this.#index.find(key, this.#index.hash(key));
  }

  /** What is there for a key and has not expired. */
  #kept(key: string, now: number): string | Marker | undefined {
    const slot = this.#find(key);
    if (slot === NONE || this.#wheel.expiresAt(slot) <= now) return undefined;
    return this.#slots.ref(slot, VALUE) as string | Marker;
  }

  #isMarker(slot: number): boolean {
    return typeof this.#slots.ref(slot, VALUE) !== 'string';
  }

  #isLive(slot: number, now: number): boolean {
    return this.#wheel.expiresAt(slot) > now && !this.#isMarker(slot);
  }

  #liveAt(now: number): IsLive {
    return (slot) => this.#isLive(slot, now);
  }

  readonly #drop = (slot: number): void => {
    if (this.#isMarker(slot)) this.#markers--;
    this.#lists.remove(slot);
    this.#wheel.remove(slot);
    this.#index.remove(slot);
  };
}
