import type { Delete } from '../driver.ts';
import { isRevokedBy, rememberedRevocations, type Revocation } from '../grants/revocation-memory.ts';
import { readAlive } from '../grants/revoke.ts';
import type { Incoming } from './incoming.ts';
import type { Stores } from './stores.ts';

const OPERATION = 'import';

/** How many entries are removed at once. */
const TOGETHER = 100;

/** An entry that is there. */
interface There extends Delete {
  readonly version: string;
}

/**
 * The revocations that a database remembers, as an import needs them: read once, when there is something that may fall under one,
 * and once more in the end, for those that were made meanwhile.
 */
export class Revocations {
  readonly #stores: Stores;
  /** The latest revocation of an owner, by the names of the lists on which what is the owner's stands. */
  readonly #latest = new Map<string, number>();
  #known: Promise<unknown> | undefined;

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  /** What of this was revoked here. */
  async among(incoming: readonly Incoming[]): Promise<ReadonlySet<Incoming>> {
    const none: ReadonlySet<Incoming> = new Set();
    if (this.#known === undefined && !incoming.some(({ put }) => put.tags?.length)) return none;
    await (this.#known ??= this.#readAll());
    if (this.#latest.size === 0) return none;
    return new Set(incoming.filter(({ record, put }) => this.#isRevoked(record, put)));
  }

  /** Removes what is there of this already, as an import that was cut off has left it; what was issued since stays. */
  async remove(incoming: readonly Incoming[]): Promise<void> {
    const { calls, driver, records } = this.#stores;
    const keys = incoming.map(({ key }) => key);
    const entries = await calls.run(OPERATION, 'read', (at) => driver.read(keys, at));
    const there = keys.flatMap((key, i): There[] => {
      const [entry, ref] = [entries[i] ?? null, records.keys.refOf(key) ?? records.keys.rotatedOf(key)];
      const record = entry && ref && records.decodeIfReadable(ref.kind, key, entry.value);
      if (entry === null || ref === null || record === null) return [];
      const tags = records.tagsOf(ref.kind, ref.id, record);
      return this.#isRevoked(record, { tags }) ? [{ key, tags, version: entry.version }] : [];
    });
    await this.#delete(there);
  }

  /** Removes what was revoked since it was asked what is, and has come here nevertheless: how much it was. */
  async removeLater(): Promise<number> {
    if (this.#known === undefined) return 0;
    let removed = 0;
    for await (const revocation of this.#later()) removed += await this.#removeAll(revocation);
    return removed;
  }

  async #readAll(): Promise<void> {
    for await (const _ of this.#later()) continue;
  }

  /** The revocations that are not known yet, or not as late as they are. */
  async *#later(): AsyncGenerator<Revocation, void, undefined> {
    for await (const revocations of rememberedRevocations(this.#stores.records, OPERATION)) {
      for (const revocation of revocations) {
        const { owner, at } = revocation;
        if (at <= (this.#latest.get(owner.others.name) ?? -Infinity)) continue;
        for (const { name } of [owner.others, owner.tokens]) this.#latest.set(name, at);
        yield revocation;
      }
    }
  }

  #isRevoked(record: Record<string, unknown>, { tags = [] }: Pick<Delete, 'tags'>): boolean {
    return tags.some(({ name }) => {
      const at = this.#latest.get(name);
      return at !== undefined && isRevokedBy({ at }, record);
    });
  }

  async #removeAll({ owner, at }: Revocation): Promise<number> {
    const { records } = this.#stores;
    let removed = 0;
    for (const tag of new Set([owner.others, owner.tokens])) {
      for await (const members of records.pages(OPERATION, { tag })) {
        const there = await readAlive(records, OPERATION, owner, tag, [...new Set(members)]);
        removed += await this.#delete(
          there.filter(({ record }) => record !== null && isRevokedBy({ at }, record)),
        );
      }
    }
    return removed;
  }

  /** Deletes what is still as it was read: how much it was. */
  async #delete(there: readonly There[]): Promise<number> {
    const { calls, driver } = this.#stores;
    let deleted = 0;
    for (let i = 0; i < there.length; i += TOGETHER) {
      const done = await Promise.all(
        there.slice(i, i + TOGETHER).map(({ key, version, tags = [] }) => {
          const change = { checks: [{ key, version }], deletes: [{ key, tags }] };
          return calls.run(OPERATION, 'idempotent', (at) => driver.commit(change, at));
        }),
      );
      deleted += done.filter(({ committed }) => committed).length;
    }
    return deleted;
  }
}
