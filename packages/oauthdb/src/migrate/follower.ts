import { hash } from 'node:crypto';
import type { Exported, ExportedKind, Removed } from '@oauthdb/core';
import type { MigrationSource, OutlivingToken } from './migration-source.ts';

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
  pass(): AsyncIterable<Exported | OutlivingToken> {
    this.#pass++;
    return this.#from.export({ kinds: this.#kinds });
  }

  /** What of a pass is new, or says something else than in the one before. */
  async *changed(
    records: AsyncIterable<Exported | OutlivingToken>,
  ): AsyncGenerator<Exported, void, undefined> {
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

function goneAtOf(record: Exported | OutlivingToken): number {
  const end = 'given_up_at' in record ? record.given_up_at : record.expires_at;
  return end === null ? Infinity : Date.parse(end);
}

function nameOf(record: Exported): string {
  return JSON.stringify([record.kind, record.kind === 'held' ? record.key : record.id]);
}

function checksumOf(record: Exported): string {
  const { expires_at: end } = record;
  const about =
    record.kind === 'held'
      ? [record.value, end === null ? null : Math.round(Date.parse(end) / EXACT_MS)]
      : [record.record, end];
  return hash('sha256', JSON.stringify(about), 'base64').slice(0, 22);
}
