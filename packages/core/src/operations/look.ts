import { randomUUID } from 'node:crypto';
import type { Check, Entry } from '../driver.ts';
import { isOAuthDatabaseError } from '../error.ts';
import { endOf } from '../grants/record-life.ts';
import { REMEMBER_MS } from '../grants/record-store.ts';
import { heldRecord, type Incoming } from './incoming.ts';
import { isSame, verdict, type ImportMode } from './merge.ts';
import type { Stores } from './stores.ts';

const OPERATION = 'import';

/** How an entry is to be written: if what is there is still what was seen. */
export interface Write {
  readonly incoming: Incoming;
  readonly checks: readonly Check[];
  readonly outcome: 'stored' | 'replaced';
}

/** Why an entry is not written. */
export type Reason = 'kept' | 'refused' | 'unreadable';

/** What must hold for an entry that is to be new. */
export function absent(incoming: Incoming): readonly Check[] {
  return [
    isMemorable(incoming) ? unused(incoming) : { key: incoming.key, version: null },
    ...notElsewhere(incoming),
  ];
}

/** Whether it matters that it was used, or revoked. Of tokens that are held nothing is remembered, and what was rotated is not valid. */
function isMemorable({ kind, record }: Incoming): boolean {
  return kind !== 'held' && record['rotated_at'] === undefined;
}

function unused({ key }: Incoming): Check {
  return { key, version: null, unused: true };
}

/** A token that was rotated takes the place of the one that was not, and never the other way round. */
function notElsewhere({ record, other }: Incoming): readonly Check[] {
  return other === null || record['rotated_at'] !== undefined ? [] : [{ key: other, version: null }];
}

/** Decides what becomes of what comes, by what is there. */
export class Look {
  readonly #stores: Stores;
  readonly #mode: ImportMode;

  constructor(stores: Stores, mode: ImportMode) {
    this.#stores = stores;
    this.#mode = mode;
  }

  /**
   * @param asksUsed - whether to ask what is remembered; whoever writes with the checks of what it gives is told when it matters.
   */
  async at(incoming: readonly Incoming[], asksUsed: boolean): Promise<(Write | Reason)[]> {
    if (incoming.length === 0) return [];
    const entries = await this.#read(incoming.map(({ key }) => key));
    const ends = await this.#endsOfHeld(incoming, entries);
    const used = asksUsed ? await this.#used(incoming, entries) : new Set<string>();
    for (const key of await this.#rotated(incoming)) used.add(key);
    return incoming.map((one, i) =>
      used.has(one.key) ? 'refused' : this.#decide(one, entries[i] ?? null, ends.get(one.key) ?? null),
    );
  }

  #decide(incoming: Incoming, entry: Entry | null, heldEnd: number | null): Write | Reason {
    if (entry === null) return { incoming, checks: absent(incoming), outcome: 'stored' };
    const checks = [{ key: incoming.key, version: entry.version }, ...notElsewhere(incoming)];
    const record = this.#decoded(incoming, entry.value);
    if (record === null)
      return this.#mode === 'replace' ? { incoming, checks, outcome: 'replaced' } : 'unreadable';
    const endsAt = incoming.kind === 'held' ? heldEnd : endOf(record);
    // The backend may keep what has ended: it is replaced by whatever comes.
    if (endsAt !== null && endsAt <= this.#stores.records.now())
      return { incoming, checks, outcome: 'stored' };
    if (isSame({ record, endsAt }, incoming)) return 'kept';
    const decided = verdict(this.#mode, { record, endsAt }, incoming);
    return decided === 'take' ? { incoming, checks, outcome: 'replaced' } : decided;
  }

  /** What is there; `null` when it cannot be read. */
  #decoded({ kind, key }: Incoming, value: string): Record<string, unknown> | null {
    try {
      if (kind !== 'held') return this.#stores.records.decode(kind, key, value);
      return heldRecord(this.#stores.keyRing.open(key, value));
    } catch (error) {
      if (isOAuthDatabaseError(error)) return null;
      throw error;
    }
  }

  #read(keys: readonly string[]): Promise<readonly (Entry | null)[]> {
    const { calls, records } = this.#stores;
    return calls.run(OPERATION, 'read', (at) => records.driver.read(keys, at));
  }

  /** When the tokens end that are held already, by key. */
  async #endsOfHeld(
    incoming: readonly Incoming[],
    entries: readonly (Entry | null)[],
  ): Promise<ReadonlyMap<string, number>> {
    const ends = new Map<string, number>();
    const keys = incoming.flatMap(({ kind, key }, i) =>
      kind === 'held' && entries[i] !== null ? [key] : [],
    );
    if (keys.length === 0) return ends;
    const { calls, driver } = this.#stores;
    await calls.run(OPERATION, 'read', async (at) => {
      const lives = await driver.timeLeft(keys, at);
      keys.forEach((key, i) => {
        const life = lives[i] ?? 0;
        if (life !== Infinity) ends.set(key, at.now + life);
      });
    });
    return ends;
  }

  /** The keys of what is known elsewhere as rotated. */
  async #rotated(incoming: readonly Incoming[]): Promise<readonly string[]> {
    const asked = incoming.filter((one) => notElsewhere(one).length > 0);
    if (asked.length === 0) return [];
    const entries = await this.#read(asked.map(({ other }) => other as string));
    return asked.filter((_, i) => (entries[i] ?? null) !== null).map(({ key }) => key);
  }

  /** The keys of what is not there, and remembered as used or revoked. */
  async #used(incoming: readonly Incoming[], entries: readonly (Entry | null)[]): Promise<Set<string>> {
    const used = new Set<string>();
    const { calls, driver } = this.#stores;
    const asked = incoming.filter((one, i) => isMemorable(one) && (entries[i] ?? null) === null);
    if (asked.length > 1 && driver.supports.transactions) {
      // Most often nothing is, and one step says so of all of them.
      const checks = asked.map(unused);
      const { committed } = await calls.run(OPERATION, 'read', (at) => driver.commit({ checks }, at));
      if (committed) return used;
    }
    const ask = async (key: string): Promise<void> => {
      // Nothing contains this: asking takes nothing.
      const take = { key, attempt: randomUUID(), containing: randomUUID(), rememberMs: REMEMBER_MS };
      const { status } = await calls.run(OPERATION, 'read', (at) => driver.take(take, at));
      if (status === 'used') used.add(key);
    };
    await Promise.all(asked.map(({ key }) => ask(key)));
    return used;
  }
}
