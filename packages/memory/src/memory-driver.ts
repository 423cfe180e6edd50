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
      const value = this.#store.get(key, now);
      return value === undefined ? null : { value, version: value };
    });
  }

  async timeLeft(keys: readonly string[], { now }: Moment): Promise<(number | null)[]> {
    return keys.map((key) => {
      const expiresAt = this.#store.expiresAt(key, now);
      return expiresAt === undefined ? null : expiresAt - now;
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
      if ((this.#store.get(key, now) ?? null) !== version) return nothing;
      if (unused === true && this.#store.marker(key, now) !== undefined) return nothing;
    }
    this.#store.sweep(now);
    if (take !== undefined) this.#mark(take, now);
    const deleted = deletes.filter((one) => this.#delete(one, now)).length;
    for (const { key, value, expiresAt, tags = [] } of puts) this.#store.put(key, value, expiresAt, tags);
    return { committed: true, deleted };
  }

  async list(where: Where, page: PageRequest, { now }: Moment): Promise<Page> {
    return this.#store.list(where, page, now);
  }

  async lists(prefix: string, page: PageRequest, { now }: Moment): Promise<Page> {
    return this.#store.tags(prefix, page, now);
  }

  async close(): Promise<void> {
    // There is nothing to release: the store lives as long as somebody refers to it.
  }

  #look({ key, attempt, containing }: Take, now: number): Taken {
    const value = this.#store.get(key, now);
    if (value === undefined) {
      const marker = this.#store.marker(key, now);
      if (marker === undefined) return { status: 'absent' };
      return { status: marker.attempt === attempt ? 'taken' : 'used', value: marker.value };
    }
    if (containing !== undefined && !value.includes(containing)) return { status: 'refused' };
    return { status: 'taken', value };
  }

  /** Remembers by whom it was taken; a repeat leaves the memory as it is. */
  #mark({ key, attempt, rememberMs }: Take, now: number): void {
    const [value, end] = [this.#store.get(key, now), this.#store.expiresAt(key, now)];
    if (value === undefined || end === undefined) return;
    const expiresAt = Math.max(now + rememberMs, end === Infinity ? 0 : end);
    this.#store.mark(key, { attempt, value, expiresAt });
  }

  /** Whether there was a live entry to delete. */
  #delete({ key, remembered }: Delete, now: number): boolean {
    const end = remembered === true ? this.#store.expiresAt(key, now) : undefined;
    if (end === undefined) return this.#store.delete(key, now);
    this.#store.mark(key, { attempt: NOBODY, value: '', expiresAt: end });
    return true;
  }
}
