import type { Page, PageRequest, Tag } from '@oauthdb/core';
import { KeyIndex } from './key-index.ts';
import { NONE, Slots } from './slots.ts';

/** How many records are looked at for one page, so that nobody waits for long. */
export const LOOKED_AT = 5000;

/** The integer of an entry's slot that this uses: its last listing. */
const LISTING = 6;
/** The integers of a list's slot, besides those of the index: its first listing and its last. */
const [FIRST, LAST] = [2, 3];
/** The integers of a listing's slot: the entry's listing before it, the entry, the list, and its neighbours there. */
const [OTHER, ENTRY, LIST, BEFORE, AFTER] = [1, 2, 3, 4, 5];
/** The number of a listing's slot: it grows along each list, and no other listing ever has it. */
const SEQUENCE = 3;

/** Whether the entry in a slot can be read. */
export type IsLive = (entry: number) => boolean;

/** The lists that entries are on. A listing is a record of its own, so that an entry on no list takes nothing here. */
export class Lists {
  readonly #entries: Slots;
  readonly #lists = new Slots(1);
  readonly #index = new KeyIndex(this.#lists);
  /** Their keys are the members. */
  readonly #listings = new Slots(1);
  #sequence = 0;

  constructor(entries: Slots) {
    this.#entries = entries;
  }

  /** For an entry that is new, and so on no list. */
  add(entry: number, tags: readonly Tag[]): void {
    this.#entries.setInt(entry, LISTING, NONE);
    for (const { name, member } of tags) this.#append(this.#listOf(name), entry, member);
  }

  /** Has an entry be on these lists and on no others. */
  replace(entry: number, tags: readonly Tag[]): void {
    if (this.#isOnJust(entry, tags)) return;
    this.remove(entry);
    this.add(entry, tags);
  }

  remove(entry: number): void {
    let listing = this.#entries.int(entry, LISTING);
    this.#entries.setInt(entry, LISTING, NONE);
    while (listing !== NONE) {
      const other = this.#listings.int(listing, OTHER);
      this.#unlink(listing);
      listing = other;
    }
  }

  /** The members of a list whose entries are live. */
  members(name: string, { after, limit }: PageRequest, isLive: IsLive): Page {
    const list = this.#index.find(name, this.#index.hash(name));
    if (list === NONE) return { items: [], next: null };
    const [from = 0, position = NONE, sequence = 0] = numbers(after);
    const items: string[] = [];
    let listing = this.#from(list, position, sequence);
    for (let left = LOOKED_AT; listing !== NONE; listing = this.#listings.int(listing, AFTER)) {
      const here = this.#listings.number(listing, SEQUENCE);
      if (items.length >= limit || left-- === 0) {
        return { items, next: `${Math.max(from, here)}:${listing}:${here}` };
      }
      // Those that were on the pages before come again when the one where this page was to begin has gone.
      if (here >= from && isLive(this.#listings.int(listing, ENTRY))) items.push(this.#memberOf(listing));
    }
    return { items, next: null };
  }

  /** The lists whose names begin with `prefix` and that have a live member. */
  names(prefix: string, { after, limit }: PageRequest, isLive: IsLive): Page {
    const [first = 0, position = NONE, sequence = 0] = numbers(after);
    const items: string[] = [];
    let left = LOOKED_AT;
    for (let list = first; list < this.#lists.end; list++) {
      if (items.length >= limit || left-- <= 0) return { items, next: String(list) };
      const name = this.#lists.key(list);
      if (name?.startsWith(prefix) !== true) continue;
      let listing = list === first ? this.#from(list, position, sequence) : this.#lists.int(list, FIRST);
      for (; listing !== NONE && !isLive(this.#listings.int(listing, ENTRY)); left--) {
        if (left <= 0)
          return { items, next: `${list}:${listing}:${this.#listings.number(listing, SEQUENCE)}` };
        listing = this.#listings.int(listing, AFTER);
      }
      if (listing !== NONE) items.push(name);
    }
    return { items, next: null };
  }

  #memberOf(listing: number): string {
    return this.#listings.key(listing) as string;
  }

  /** Where a page begins: at a listing, or, if that has gone, where its list begins. */
  #from(list: number, listing: number, sequence: number): number {
    const isThere =
      listing !== NONE &&
      this.#listings.key(listing) !== undefined &&
      this.#listings.number(listing, SEQUENCE) === sequence;
    return isThere ? listing : this.#lists.int(list, FIRST);
  }

  #listOf(name: string): number {
    const hash = this.#index.hash(name);
    const found = this.#index.find(name, hash);
    if (found !== NONE) return found;
    const list = this.#index.add(name, hash);
    this.#lists.setInt(list, FIRST, NONE);
    this.#lists.setInt(list, LAST, NONE);
    return list;
  }

  #append(list: number, entry: number, member: string): void {
    const listing = this.#listings.add(member);
    const last = this.#lists.int(list, LAST);
    this.#listings.setInt(listing, OTHER, this.#entries.int(entry, LISTING));
    this.#listings.setInt(listing, ENTRY, entry);
    this.#listings.setInt(listing, LIST, list);
    this.#listings.setInt(listing, BEFORE, last);
    this.#listings.setInt(listing, AFTER, NONE);
    this.#listings.setNumber(listing, SEQUENCE, ++this.#sequence);
    if (last === NONE) this.#lists.setInt(list, FIRST, listing);
    else this.#listings.setInt(last, AFTER, listing);
    this.#lists.setInt(list, LAST, listing);
    this.#entries.setInt(entry, LISTING, listing);
  }

  #unlink(listing: number): void {
    const list = this.#listings.int(listing, LIST);
    const [before, after] = [this.#listings.int(listing, BEFORE), this.#listings.int(listing, AFTER)];
    if (before === NONE) this.#lists.setInt(list, FIRST, after);
    else this.#listings.setInt(before, AFTER, after);
    if (after === NONE) this.#lists.setInt(list, LAST, before);
    else this.#listings.setInt(after, BEFORE, before);
    this.#listings.remove(listing);
    if (before === NONE && after === NONE) this.#index.remove(list);
  }

  #isOnJust(entry: number, tags: readonly Tag[]): boolean {
    let listing = this.#entries.int(entry, LISTING);
    for (let i = tags.length - 1; i >= 0; i--) {
      if (listing === NONE) return false;
      const { name, member } = tags[i] as Tag;
      const list = this.#listings.int(listing, LIST);
      if (this.#memberOf(listing) !== member || this.#lists.key(list) !== name) return false;
      listing = this.#listings.int(listing, OTHER);
    }
    return listing === NONE;
  }
}

function numbers(after: string | undefined): number[] {
  return after === undefined ? [] : after.split(':').map(Number);
}
