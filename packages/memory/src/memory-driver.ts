import {
  MEMORY_GUARANTEES,
  refuseLate,
  type Change,
  type Committed,
  type Delete,
  type Driver,
  type Entry,
  type Guarantees,
  type Moment,
  type Page,
  type PageRequest,
  type Supports,
  type Take,
  type Taken,
  type Where,
} from '@oauthdb/core';
import { MemoryStore } from './memory-store.ts';

/** Whose attempt it was that something was deleted and is remembered: no attempt is called so. */
const NOBODY = '';

/**
 * A {@link Driver} that keeps everything in this process: the reference for every other. Each operation is one synchronous step,
 * so that nothing can come in between.
 */
export class MemoryDriver implements Driver {
  readonly name = 'memory';
  readonly supports: Supports = { transactions: true, permanence: false, clock: true, scan: true };
  readonly guarantees: Guarantees = MEMORY_GUARANTEES;
  readonly #store: MemoryStore;

  constructor(store: MemoryStore = new MemoryStore()) {
    this.#store = store;
  }

  async read(keys: readonly string[], { now }: Moment): Promise<(Entry | null)[]> {
    return keys.map((key) => {
      const stored = this.#store.get(key, now);
      return stored === undefined ? null : { value: stored.value, version: stored.value };
    });
  }

  async timeLeft(keys: readonly string[], { now }: Moment): Promise<(number | null)[]> {
    return keys.map((key) => {
      const stored = this.#store.get(key, now);
      if (stored === undefined) return null;
      return stored.expiresAt === null ? Infinity : stored.expiresAt - now;
    });
  }

  async take(take: Take, at: Moment): Promise<Taken> {
    refuseLate(at);
    const { now } = at;
    const taken = this.#look(take, now);
    if (taken.status === 'taken') this.#mark(take, now);
    return taken;
  }

  async commit({ take, checks = [], deletes = [], puts = [] }: Change, at: Moment): Promise<Committed> {
    refuseLate(at);
    const { now } = at;
    const nothing = { committed: false, deleted: 0 };
    if (take !== undefined) {
      if (this.#store.marker(take.key, now)?.attempt === take.attempt) return { committed: true, deleted: 0 };
      if (this.#look(take, now).status !== 'taken') return nothing;
    }
    for (const { key, version, unused } of checks) {
      if ((this.#store.get(key, now)?.value ?? null) !== version) return nothing;
      if (unused === true && this.#store.marker(key, now) !== undefined) return nothing;
    }
    this.#store.sweep(now);
    if (take !== undefined) this.#mark(take, now);
    const deleted = deletes.filter((one) => this.#delete(one, now)).length;
    for (const { key, value, expiresAt, tags = [] } of puts) this.#store.put(key, value, expiresAt, tags);
    return { committed: true, deleted };
  }

  async list(where: Where, { after, limit }: PageRequest, { now }: Moment): Promise<Page> {
    if ('tag' in where) return { items: [...this.#store.members(where.tag.name, now)], next: null };
    // Where a page begins is found by walking there, so that there are never many pages.
    const most = Math.max(limit, this.#store.size / 64);
    const items: string[] = [];
    let last = Number(after ?? -1);
    for (const [key, { sequence }] of this.#store.entriesAfter(last, now)) {
      if (items.length >= most) return { items, next: String(last) };
      last = sequence;
      if (key.startsWith(where.prefix)) items.push(key);
    }
    return { items, next: null };
  }

  async lists(prefix: string, _page: PageRequest, { now }: Moment): Promise<Page> {
    return { items: [...this.#store.tags(prefix, now)], next: null };
  }

  async close(): Promise<void> {
    // There is nothing to release: the store lives as long as somebody refers to it.
  }

  #look({ key, attempt, containing }: Take, now: number): Taken {
    const stored = this.#store.get(key, now);
    if (stored === undefined) {
      const marker = this.#store.marker(key, now);
      if (marker === undefined) return { status: 'absent' };
      return { status: marker.attempt === attempt ? 'taken' : 'used', value: marker.value };
    }
    if (containing !== undefined && !stored.value.includes(containing)) return { status: 'refused' };
    return { status: 'taken', value: stored.value };
  }

  #delete({ key, remembered }: Delete, now: number): boolean {
    const stored = this.#store.get(key, now);
    const deleted = this.#store.delete(key, now);
    if (remembered === true && stored !== undefined)
      this.#store.mark(key, { attempt: NOBODY, value: '', expiresAt: stored.expiresAt ?? Infinity });
    return deleted;
  }

  /** Deletes what is taken and remembers by whom; a repeat leaves the memory as it is. */
  #mark({ key, attempt, rememberMs }: Take, now: number): void {
    const stored = this.#store.get(key, now);
    if (stored === undefined) return;
    this.#store.delete(key, now);
    const expiresAt = Math.max(now + rememberMs, stored.expiresAt ?? 0);
    this.#store.mark(key, { attempt, value: stored.value, expiresAt });
  }
}
