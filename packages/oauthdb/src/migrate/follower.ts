import { hash } from 'node:crypto';
import type { Exported, ExportedKind, OAuthDatabase, Removed } from '@oauthdb/core';

/** What is known of an entry since the last pass. */
interface Known {
  /** Of what it says. */
  checksum: string;
  pass: number;
}

/** Backends say when a token that is held ends to within the time of a call: it is changed if that differs by more. */
const EXACT_MS = 10_000;

/** Finds what changes in a database between two passes over it. */
export class Follower {
  readonly #from: OAuthDatabase;
  readonly #kinds: readonly ExportedKind[];
  /** By kind and id. */
  readonly #known = new Map<string, Known>();
  #pass = 0;

  constructor(from: OAuthDatabase, kinds: readonly ExportedKind[]) {
    this.#from = from;
    this.#kinds = kinds;
  }

  /** Everything that is there now. */
  pass(): AsyncIterable<Exported> {
    this.#pass++;
    return this.#from.export({ kinds: this.#kinds });
  }

  /** What of a pass is new, or says something else than in the one before. */
  async *changed(records: AsyncIterable<Exported>): AsyncGenerator<Exported, void, undefined> {
    for await (const record of records) {
      const name = nameOf(record);
      const known = this.#known.get(name);
      const checksum = checksumOf(record);
      const isNew = known === undefined;
      if (isNew) this.#known.set(name, { checksum, pass: this.#pass });
      else known.pass = this.#pass;
      if (!isNew && known.checksum === checksum) continue;
      if (!isNew) known.checksum = checksum;
      yield record;
    }
  }

  /** What was there in the pass before, and is not in this one: it is forgotten. */
  *removed(): Generator<Removed, void, undefined> {
    for (const [name, { pass }] of this.#known) {
      if (pass === this.#pass) continue;
      this.#known.delete(name);
      const [kind, id] = JSON.parse(name) as [ExportedKind, string];
      if (kind === 'held') yield { kind, key: id, removed: true };
      else yield { kind, id, handles: this.#from.handles, removed: true };
    }
  }
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
