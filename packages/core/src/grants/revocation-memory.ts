import { randomUUID } from 'node:crypto';
import type { Put } from '../driver.ts';
import { OAuthDatabaseError } from '../error.ts';
import { parseRecord } from './codec.ts';
import { listsOf, type GrantOwner, type OwnerLists } from './owner.ts';
import { endOf, issuedAtOf } from './record-life.ts';
import type { RecordStore } from './record-store.ts';

/** That everything of an owner was revoked that had been issued until then. */
export interface Revocation {
  readonly owner: OwnerLists;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Something that a revocation removes. */
export interface Revokable {
  readonly key: string;
  /** `null` where it cannot be read. */
  readonly record: Record<string, unknown> | null;
}

/** At the least a revocation is remembered for so long: an import that is under way may bring what is not there yet. */
const LEAST_MS = 24 * 3_600_000;

/** Whether a revocation took this record, or would have if it had been there: one that does not say when it was issued, too. */
export function isRevokedBy({ at }: Pick<Revocation, 'at'>, record: Record<string, unknown>): boolean {
  const issuedAt = issuedAtOf(record);
  return issuedAt === null || issuedAt <= at;
}

/**
 * What stays of one revocation, so that no import brings back what it took: whose, and of when. It lives as long as anything that
 * was taken would have.
 */
export class RevocationMemory {
  readonly #records: RecordStore;
  readonly #operation: string;
  readonly #owner: OwnerLists;
  readonly #id: string = randomUUID();
  #at: number;
  /** Epoch milliseconds; `Infinity`: never. */
  #end: number;

  constructor(records: RecordStore, operation: string, owner: OwnerLists) {
    this.#records = records;
    this.#operation = operation;
    this.#owner = owner;
    this.#at = records.now();
    this.#end = this.#at + LEAST_MS;
  }

  /** Keeps it as it is now. */
  put(): Put {
    const { keys, slack } = this.#records;
    const { by, id } = this.#owner;
    return {
      key: keys.revocation(this.#id),
      value: JSON.stringify({ revocation: this.#id, owner: { [by]: id }, at: this.#at }),
      expiresAt: this.#end === Infinity ? null : this.#end + slack,
      tags: [{ ...keys.revocations, member: this.#id }],
    };
  }

  /** What keeps it for all of these, too, in the step that removes them: nothing where it is kept for long enough. */
  async puttingFor(removed: readonly Revokable[]): Promise<readonly Put[]> {
    const before = [this.#at, this.#end];
    for (const { record } of removed) {
      // What is issued while a revocation is under way falls under it as well, and clocks differ.
      this.#at = Math.max(this.#at, (record && issuedAtOf(record)) ?? 0);
    }
    this.#end = Math.max(this.#end, ...(await this.#endsOf(removed)));
    return this.#at === before[0] && this.#end === before[1] ? [] : [this.put()];
  }

  /** The ends of what is removed: what does not say it itself ends with its key. */
  async #endsOf(removed: readonly Revokable[]): Promise<readonly number[]> {
    const { calls, driver } = this.#records;
    const said = removed.map(({ record }) => record && endOf(record));
    const keys = removed.filter((_, i) => said[i] === null).map(({ key }) => key);
    const ends = said.filter((end) => end !== null);
    if (keys.length === 0) return ends;
    return calls.run(this.#operation, 'read', async (at) => {
      const lives = await driver.timeLeft(keys, at);
      return [...ends, ...lives.map((life) => at.now + (life ?? 0))];
    });
  }
}

/** All revocations that are remembered, page by page. */
export async function* rememberedRevocations(
  records: RecordStore,
  operation: string,
): AsyncGenerator<Revocation[], void, undefined> {
  const { keys } = records;
  for await (const members of records.pages(operation, { tag: keys.revocations })) {
    const ids = [...new Set(members)];
    const named = ids.map((id) => keys.revocation(id));
    if (named.length === 0) continue;
    const entries = await records.calls.run(operation, 'read', (at) => records.driver.read(named, at));
    yield ids.flatMap((id, i) => {
      const entry = entries[i] ?? null;
      return entry === null ? [] : [parse(records, id, entry.value)];
    });
  }
}

function parse({ keys }: RecordStore, name: string, value: string): Revocation {
  const { revocation, owner, at } = parseRecord(value);
  if (revocation !== name)
    throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', 'what is stored belongs to another key', {
      outcome: 'unknown',
    });
  try {
    if (typeof at === 'number') return { owner: listsOf(keys, owner as GrantOwner), at };
  } catch {
    // It names nobody.
  }
  throw new OAuthDatabaseError('OAUTHDB_CORRUPT', 'what is stored is not the memory of a revocation', {
    outcome: 'unknown',
  });
}
