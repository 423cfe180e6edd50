import type { Tag } from '@oauthdb/core';
import { ExpiryWheel } from './expiry-wheel.ts';

export interface Stored {
  readonly value: string;
  /** Epoch milliseconds; `null`: never. */
  readonly expiresAt: number | null;
  readonly tags: readonly Tag[];
  /** Grows from entry to entry, so that the map below is in its order. */
  readonly sequence: number;
}

/** That a single-use entry was taken, and by whom. */
export interface Marker {
  readonly attempt: string;
  readonly value: string;
  readonly expiresAt: number;
}

/** How many dead entries one change clears away: a few milliseconds at the most, and more than a change adds. */
const SWEEP = 10_000;

/** One for all entries that are on no list. */
const NO_TAGS: readonly Tag[] = [];

/** What a {@link MemoryDriver} keeps. Several drivers may share one, as several connections share a database. */
export class MemoryStore {
  readonly #entries = new Map<string, Stored>();
  readonly #markers = new Map<string, Marker>();
  /** Tag, member, key. */
  readonly #tags = new Map<string, Map<string, string>>();
  readonly #wheel = new ExpiryWheel();
  readonly #markerWheel = new ExpiryWheel();
  #sequence = 0;

  /** How many entries it holds, those that expired and were not yet cleared away included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string, now: number): Stored | undefined {
    const stored = this.#entries.get(key);
    return stored !== undefined && isLive(stored, now) ? stored : undefined;
  }

  put(key: string, value: string, expiresAt: number | null, tags: readonly Tag[]): void {
    const before = this.#entries.get(key);
    const sequence = before?.sequence ?? this.#sequence++;
    if (before !== undefined) this.#unlist(key, before);
    this.#unmark(key);
    this.#entries.set(key, { value, expiresAt, tags: tags.length === 0 ? NO_TAGS : tags, sequence });
    this.#wheel.move(key, before?.expiresAt ?? null, expiresAt);
    for (const { name, member } of tags) {
      const members = this.#tags.get(name);
      if (members === undefined) this.#tags.set(name, new Map([[member, key]]));
      else members.set(member, key);
    }
  }

  /** Whether there was a live entry to delete. */
  delete(key: string, now: number): boolean {
    const stored = this.#entries.get(key);
    if (stored === undefined) return false;
    this.#wheel.move(key, stored.expiresAt, null);
    this.#unlist(key, stored);
    this.#entries.delete(key);
    return isLive(stored, now);
  }

  mark(key: string, marker: Marker): void {
    this.#unmark(key);
    this.#markers.set(key, marker);
    this.#markerWheel.add(key, marker.expiresAt);
  }

  marker(key: string, now: number): Marker | undefined {
    const marker = this.#markers.get(key);
    return marker !== undefined && marker.expiresAt > now ? marker : undefined;
  }

  /** The live entries that follow `after` in the order of their first arrival, which no overwriting changes. */
  *entriesAfter(after: number, now: number): Generator<[string, Stored], void, undefined> {
    for (const entry of this.#entries) {
      if (entry[1].sequence > after && isLive(entry[1], now)) yield entry;
    }
  }

  /** The members of a tag whose entries are live. */
  *members(tag: string, now: number): Generator<string, void, undefined> {
    for (const [member, key] of this.#tags.get(tag) ?? []) {
      if (this.get(key, now) !== undefined) yield member;
    }
  }

  /** The tags that begin with `prefix` and have a live member. */
  *tags(prefix: string, now: number): Generator<string, void, undefined> {
    for (const tag of this.#tags.keys()) {
      if (tag.startsWith(prefix) && this.members(tag, now).next().done !== true) yield tag;
    }
  }

  /** Clears some of what has expired away. */
  sweep(now: number): void {
    if (this.#wheel.mayBeDue(now)) this.#sweepEntries(now);
    if (this.#markerWheel.mayBeDue(now)) this.#sweepMarkers(now);
  }

  #sweepEntries(now: number): void {
    // The oldest come first: one that lives is of the second that has begun, and its neighbours can wait until that is over.
    for (const key of this.#wheel.due(now, SWEEP)) {
      if (this.get(key, now) !== undefined) break;
      this.delete(key, now);
    }
  }

  #sweepMarkers(now: number): void {
    for (const key of this.#markerWheel.due(now, SWEEP)) {
      if (this.marker(key, now) !== undefined) break;
      this.#unmark(key);
    }
  }

  /** Takes an entry off its lists. */
  #unlist(key: string, { tags }: Stored): void {
    for (const { name, member } of tags) {
      const members = this.#tags.get(name);
      if (members?.get(member) === key) members.delete(member);
      if (members?.size === 0) this.#tags.delete(name);
    }
  }

  #unmark(key: string): void {
    const marker = this.#markers.get(key);
    if (marker === undefined) return;
    this.#markers.delete(key);
    this.#markerWheel.delete(key, marker.expiresAt);
  }
}

function isLive({ expiresAt }: Stored, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}
