import type { Delete, Moment, Put } from '../driver.ts';
import { contended, TRIES } from '../grants/record-store.ts';
import { kindOf } from '../input.ts';
import type { Exported, Removed } from './exported.ts';
import { incomingOf, type Incoming } from './incoming.ts';
import { absent, Look, type Write } from './look.ts';
import type { ImportMode } from './merge.ts';
import { removeNamed } from './remove.ts';
import { Revocations } from './revocations.ts';
import type { Stores } from './stores.ts';

export interface ImportOptions {
  /** What becomes of entries that are there already. Default `merge`. */
  readonly mode?: ImportMode | undefined;
  /** Whether to look only, and say what would be done. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** What became of the records of an import. */
export interface Imported {
  /** How many were not there and are now. */
  readonly stored: number;
  /** How many took the place of another one. */
  readonly replaced: number;
  /** How many were left out for what is there. */
  readonly kept: number;
  /** How many had ended already. */
  readonly expired: number;
  /** How many are known here as used, rotated or revoked: they would be valid again. */
  readonly refused: number;
  /** How many were removed, because they are named as such. */
  readonly removed: number;
  /** How many were left out because what is there cannot be read; `replace` replaces that, too. */
  readonly unreadable: number;
}

const OPERATION = 'import';

/** How many records are worked on together. */
const PIECE = 500;

/** How long the tokens of a piece may be together, in characters. */
const PIECE_LENGTH = 4 * 1024 * 1024;

/** How many pieces are under way. */
const PIECES = 2;

/** How many entries one change puts: each is put on up to three lists, and no backend should be busy with it for long. */
const GROUP = 100;

type Outcome = keyof Imported;

/** Takes in what an export gave. */
export class Importer {
  readonly #stores: Stores;
  readonly #looking: Look;
  readonly #revocations: Revocations;
  readonly #dryRun: boolean;
  readonly #count: { -readonly [outcome in Outcome]: number } = {
    stored: 0,
    replaced: 0,
    kept: 0,
    expired: 0,
    refused: 0,
    removed: 0,
    unreadable: 0,
  };

  constructor(stores: Stores, { mode = 'merge', dryRun = false }: ImportOptions) {
    if (mode !== 'merge' && mode !== 'skip' && mode !== 'replace')
      throw new TypeError(`mode must be merge, skip or replace, received ${kindOf(mode)}`);
    if (typeof dryRun !== 'boolean')
      throw new TypeError(`dryRun must be true or false, received ${kindOf(dryRun)}`);
    this.#stores = stores;
    this.#looking = new Look(stores, mode);
    this.#revocations = new Revocations(stores);
    this.#dryRun = dryRun;
  }

  async run(records: AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>): Promise<Imported> {
    try {
      await this.#takeIn(records);
    } catch (error) {
      // Whatever ended it: what it has stored must not outlive a revocation either, if that can be seen to now.
      await this.#removeRevoked().catch(() => {});
      throw error;
    }
    await this.#removeRevoked();
    return { ...this.#count };
  }

  /** Removes what was revoked while it was on its way here. */
  async #removeRevoked(): Promise<void> {
    if (this.#dryRun) return;
    const removed = await this.#revocations.removeLater();
    this.#count.stored -= removed;
    this.#count.refused += removed;
  }

  async #takeIn(records: AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>): Promise<void> {
    const running = new Set<Promise<unknown>>();
    try {
      for await (const piece of pieces(records)) {
        const gone = piece.filter(isRemoved);
        const there = piece.filter((one) => !isRemoved(one)) as Exported[];
        const incoming = there.map((one) => incomingOf(this.#stores, one));
        const work = allDone([this.#piece(incoming), ...gone.map((one) => this.#remove(one))]);
        // Whoever waits below gets the failure.
        work.then(
          () => running.delete(work),
          () => {},
        );
        running.add(work);
        if (running.size >= PIECES) await Promise.race(running);
      }
      await Promise.all(running);
    } finally {
      // Nothing of an import goes on after it has failed.
      await Promise.allSettled(running);
    }
  }

  async #remove(one: Removed): Promise<void> {
    if (await removeNamed(this.#stores, one, this.#dryRun)) this.#count.removed++;
  }

  async #piece(incoming: readonly Incoming[]): Promise<void> {
    let left = incoming;
    while (left.length > 0) {
      // A key that comes twice is worked on twice, one after the other.
      const first = new Map<string, Incoming>();
      const again: Incoming[] = [];
      for (const one of left) {
        if (first.has(one.key)) again.push(one);
        else first.set(one.key, one);
      }
      await this.#distinct([...first.values()]);
      left = again;
    }
  }

  async #distinct(incoming: readonly Incoming[]): Promise<void> {
    const now = this.#stores.records.now();
    const ahead = incoming.filter(({ endsAt }) => endsAt === null || endsAt > now);
    this.#count.expired += incoming.length - ahead.length;
    const alive = await this.#notRevoked(ahead);
    if (this.#dryRun) {
      for (const { outcome } of await this.#look(alive)) this.#count[outcome]++;
      return;
    }
    if (!this.#stores.driver.supports.transactions) {
      const writes = await this.#look(alive, false);
      await allDone(writes.map((write) => this.#write(write)));
      return;
    }
    const groups = Array.from({ length: Math.ceil(alive.length / GROUP) }, (_, i) =>
      alive.slice(i * GROUP, (i + 1) * GROUP),
    );
    await allDone(groups.map((group) => this.#group(group)));
  }

  /** What was not revoked; an import that was cut off may have left the rest, which goes. */
  async #notRevoked(incoming: readonly Incoming[]): Promise<readonly Incoming[]> {
    const revoked = await this.#revocations.among(incoming);
    if (revoked.size === 0) return incoming;
    this.#count.refused += revoked.size;
    if (!this.#dryRun) await this.#revocations.remove([...revoked]);
    return incoming.filter((one) => !revoked.has(one));
  }

  /** Writes a group in one step: as if nothing of it were there, and else as it turns out to be. */
  async #group(group: readonly Incoming[]): Promise<void> {
    if (
      await this.#commit(group.map((incoming) => ({ incoming, checks: absent(incoming), outcome: 'stored' })))
    )
      return;
    const writes = await this.#look(group);
    if (await this.#commit(writes)) return;
    await allDone(writes.map((write) => this.#write(write)));
  }

  /** Writes one entry; if somebody else came first, what that says to it decides again. */
  async #write(write: Write): Promise<void> {
    let next: Write | undefined = write;
    for (let tries = 0; next !== undefined; tries++) {
      if (tries === TRIES) throw contended(OPERATION);
      if (await this.#commit([next])) return;
      [next] = await this.#look([next.incoming]);
    }
  }

  /** Whether all of them are written, and counted. What has ended on the way is not written. */
  async #commit(writes: readonly Write[]): Promise<boolean> {
    if (writes.length === 0) return true;
    const { calls, driver } = this.#stores;
    let alive: readonly Write[] = [];
    const committed = await calls.run(OPERATION, 'idempotent', async (at, repeated) => {
      alive = writes.filter(({ incoming: { endsAt } }) => endsAt === null || endsAt > at.now);
      if (alive.length === 0) return true;
      const checks = alive.flatMap((write) => write.checks);
      const puts = alive.map(({ incoming }) => incoming.put);
      const deletes = alive.flatMap(({ incoming }) => replacedBy(incoming));
      if ((await driver.commit({ checks, deletes, puts }, at)).committed) return true;
      // It may have been this very change, whose reply was lost.
      return repeated && (await this.#areThere(puts, at));
    });
    if (!committed) return false;
    for (const { outcome } of alive) this.#count[outcome]++;
    this.#count.expired += writes.length - alive.length;
    return true;
  }

  /** What is to be written, by what is there; what is not is counted. */
  async #look(incoming: readonly Incoming[], asksUsed = true): Promise<Write[]> {
    return (await this.#looking.at(incoming, asksUsed)).flatMap((one) => {
      if (typeof one !== 'string') return [one];
      this.#count[one]++;
      return [];
    });
  }

  async #areThere(puts: readonly Put[], at: Moment): Promise<boolean> {
    const keys = puts.map(({ key }) => key);
    const entries = await this.#stores.driver.read(keys, at);
    return puts.every(({ value }, i) => entries[i]?.value === value);
  }
}

/** Waits for all of it, and fails then if any of it has: nothing of it is still under way. */
async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** What a rotated token leaves behind where it is kept elsewhere than before. */
function replacedBy({ record, other }: Incoming): readonly Delete[] {
  return other === null || record['rotated_at'] === undefined ? [] : [{ key: other }];
}

function isRemoved(one: Exported | Removed): one is Removed {
  return typeof one === 'object' && one !== null && 'removed' in one;
}

/** Records in pieces: by their number, or less where tokens are long. */
async function* pieces(
  records: AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>,
): AsyncGenerator<(Exported | Removed)[], void, undefined> {
  let piece: (Exported | Removed)[] = [];
  let length = 0;
  for await (const record of records) {
    piece.push(record);
    length += lengthOf(record);
    if (piece.length < PIECE && length < PIECE_LENGTH) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}

/** Records are limited in length anyway; whatever is none is for others to refuse. */
function lengthOf(record: Exported | Removed): number {
  const value: unknown =
    typeof record === 'object' && record !== null && 'value' in record ? record.value : '';
  return typeof value === 'string' ? value.length : 0;
}
