import { hash } from 'node:crypto';
import type { ExportedKind, Removed } from '@oauthdb/core';
import type { MigrationRecord, MigrationSource, SourceExportOptions } from './migration-source.ts';

/** What is known of an entry since the last pass. */
interface Known {
  /** Of what it says. */
  checksum: string;
  pass: number;
  /** When it is gone from the source without anybody having deleted it, in epoch milliseconds. */
  goneAt: number;
}

/** Backends say when a token that is held ends to within the time of a call: it is changed if that differs by more. */
const EXACT_MS = 10_000;

/** So it is of a record that does not say itself when it ends; an import takes no less for a change. */
const SAME_MS = 1000;

/** Finds what changes in a source between two passes over it. */
export class Follower {
  readonly #from: MigrationSource;
  readonly #kinds: readonly ExportedKind[];
  /** By kind and id. */
  readonly #known = new Map<string, Known>();
  #pass = 0;

  constructor(from: MigrationSource, kinds: readonly ExportedKind[]) {
    this.#from = from;
    this.#kinds = kinds;
  }

  /** Everything that is there now. */
  pass(leftOut: SourceExportOptions['leftOut']): AsyncIterable<MigrationRecord> {
    this.#pass++;
    return this.#from.export({ kinds: this.#kinds, leftOut });
  }

  /** What of a pass is new, or says something else than in the one before. */
  async *changed(records: AsyncIterable<MigrationRecord>): AsyncGenerator<MigrationRecord, void, undefined> {
    for await (const record of records) {
      const name = nameOf(record);
      const known = this.#known.get(name);
      const checksum = checksumOf(record);
      this.#known.set(name, { checksum, pass: this.#pass, goneAt: goneAtOf(record) });
      if (known?.checksum !== checksum) yield record;
    }
  }

  /**
   * What was there in the pass before, and is not in this one: it is forgotten. A held token that has ended by itself ends so in the
   * target, too, which may have another one under that key by now.
   */
  *removed(): Generator<Removed, void, undefined> {
    const now = Date.now();
    for (const [name, { pass, goneAt }] of this.#known) {
      if (pass === this.#pass) continue;
      this.#known.delete(name);
      const [kind, id] = JSON.parse(name) as [ExportedKind, string];
      if (kind !== 'held') yield { kind, id, handles: this.#from.handles, removed: true };
      else if (goneAt > now + EXACT_MS) yield { kind, key: id, removed: true };
    }
  }
}

function goneAtOf(record: MigrationRecord): number {
  if ('removed' in record) return -Infinity;
  const end = 'given_up_at' in record ? record.given_up_at : record.expires_at;
  return end === null ? Infinity : Date.parse(end);
}

function nameOf(record: MigrationRecord): string {
  return JSON.stringify([record.kind, record.kind === 'held' ? record.key : record.id]);
}

function checksumOf(record: MigrationRecord): string {
  if ('removed' in record) return 'removed';
  const { kind, expires_at: end } = record;
  const about =
    kind === 'held' ? [record.value, rounded(end, EXACT_MS)] : [record.record, rounded(end, SAME_MS)];
  return hash('sha256', JSON.stringify(about), 'base64').slice(0, 22);
}

function rounded(end: string | null, toMs: number): number | null {
  return end === null ? null : Math.round(Date.parse(end) / toMs);
}
