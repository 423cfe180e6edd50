import { setTimeout as delay } from 'node:timers/promises';
import {
  exportedKinds,
  type ExportedKind,
  type Imported,
  type ImportMode,
  type OAuthDatabase,
} from '@oauthdb/core';
import { Follower } from './follower.ts';
import { LeftOuts, type LeftOutCount } from './left-out.ts';
import type { MigrationRecord, MigrationSource } from './migration-source.ts';

/** How far a migration is. */
export interface MigrationProgress {
  readonly phase: 'copy' | 'follow' | 'verify';
  /** How many records of the source this pass has read. */
  readonly records: number;
  /** Of the passes that {@link MigrateOptions.follow} makes, which one it is, from 1. */
  readonly pass: number;
}

export interface MigrateOptions {
  /** A database, or what else gives its entries, such as {@link keyvSource}, or `atxpSource` of @oauthdb/atxp. */
  readonly from: MigrationSource;
  readonly to: OAuthDatabase;
  /** Which kinds. Default: all, also those that are single use. */
  readonly kinds?: readonly ExportedKind[] | undefined;
  /** What becomes of entries that are there already. Default `merge`: the newer of the two stays. */
  readonly mode?: ImportMode | undefined;
  /**
   * Whether to go on and copy what changes at the source, until `signal` says stop: what is stored, changed and deleted there. Then one
   * more pass is made, so that whoever stops writing to the source first loses nothing. The name of every entry is held in memory.
   */
  readonly follow?: boolean | undefined;
  /** How long to wait between two passes, in milliseconds. Default 1000. */
  readonly pauseMs?: number | undefined;
  /** With `follow`: the end of it. Without: gives up, by its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to compare both in the end. Default `true`. */
  readonly verify?: boolean | undefined;
  /** Called now and then. */
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
}

/** What of the source is in the target, entry by entry: what they say, and when they end, to the millisecond. */
export interface Compared {
  /** How many are there and say the same. */
  readonly same: number;
  /** How many are there and say something else: the newer of the two stayed, or somebody changed it since. */
  readonly different: number;
  /** How many are not there. */
  readonly missing: number;
  /** How many are known there as used, rotated or revoked. */
  readonly ended: number;
}

/** What a migration did. */
export interface Migrated extends Imported {
  readonly passes: number;
  /** `null` where it was not asked for. */
  readonly compared: Compared | null;
  /** What the last pass over the source has left out: what there is no place for, and what cannot be read. Nothing of a database is. */
  readonly leftOut: readonly LeftOutCount[];
}

/**
 * Copies what one database holds into another, of whichever backend, layout and prefixes, while both are in use: nobody is logged
 * out. Little is held in memory. One that failed half-way is finished by running it again.
 *
 * Tokens keep their ends, and what was used or rotated stays so. The target seals with its own keys, and hashes handles that were
 * plain.
 *
 * @throws OAuthDatabaseError as {@link OAuthDatabase.export} and {@link OAuthDatabase.import}.
 * @example
 * const { stored, compared } = await migrate({ from: await open('sqlite:./oauth.db'), to: await open('redis://localhost') });
 */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const { from, to, kinds = exportedKinds, mode = 'merge', follow = false, signal } = options;
  if (from === to) throw new TypeError('from and to must be two databases');
  const progress = new Progress(options);
  let leftOuts = new LeftOuts();
  if (!follow) {
    const records = progress.counting('copy', from.export({ kinds, leftOut: leftOuts.add }), signal);
    const imported = await to.import(records, { mode });
    const { counts } = leftOuts;
    return { ...imported, passes: 1, compared: await compared(options, progress), leftOut: counts };
  }
  const follower = new Follower(from, kinds);
  let total: Imported | null = null;
  let isLast = signal?.aborted ?? false;
  for (;;) {
    // The first pass finds what may be there already, and what changes later at the source takes its place.
    leftOuts = new LeftOuts();
    const pass = progress.counting(total === null ? 'copy' : 'follow', follower.pass(leftOuts.add));
    const records = follower.changed(pass);
    total = sum(total, await to.import(records, { mode: total === null ? mode : 'replace' }));
    total = sum(total, await to.import(follower.removed()));
    progress.next();
    if (isLast) break;
    await delay(options.pauseMs ?? 1000, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    isLast = signal?.aborted ?? false;
  }
  const { counts: leftOut } = leftOuts;
  return { ...total, passes: progress.passes, compared: await compared(options, progress), leftOut };
}

/** Looks at each entry of the source what the target has: a dry run finds what a real one would change. */
async function compared(
  { from, to, kinds = exportedKinds, verify = true }: MigrateOptions,
  progress: Progress,
): Promise<Compared | null> {
  if (!verify) return null;
  // It was told by the copy.
  const records = progress.counting('verify', from.export({ kinds, leftOut: () => {} }));
  const found = await to.import(records, { mode: 'replace', dryRun: true });
  const { kept: same, replaced, unreadable, stored: missing, refused: ended } = found;
  return { same, different: replaced + unreadable, missing, ended };
}

function sum(total: Imported | null, more: Imported): Imported {
  if (total === null) return more;
  const names = Object.keys(more) as (keyof Imported)[];
  // What one pass finds as the pass before has left it is no news.
  return Object.fromEntries(names.map((name) => [name, total[name] + more[name]])) as unknown as Imported;
}

/** Tells how far it is. */
class Progress {
  readonly #tell: (progress: MigrationProgress) => void;
  #pass = 1;

  constructor({ onProgress = () => {} }: MigrateOptions) {
    this.#tell = onProgress;
  }

  get passes(): number {
    return this.#pass - 1;
  }

  next(): void {
    this.#pass++;
  }

  async *counting(
    phase: MigrationProgress['phase'],
    records: AsyncIterable<MigrationRecord>,
    signal?: AbortSignal,
  ): AsyncGenerator<MigrationRecord, void, undefined> {
    let count = 0;
    for await (const record of records) {
      if (count % 1000 === 0) {
        signal?.throwIfAborted();
        this.#tell({ phase, records: count, pass: this.#pass });
      }
      count++;
      yield record;
    }
    this.#tell({ phase, records: count, pass: this.#pass });
  }
}
