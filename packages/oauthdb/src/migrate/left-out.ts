/** Something of a source that is not copied. It says nothing of what is in it, nor its key, which may be a secret. */
export interface LeftOut {
  /** What it is, in the source's words, such as `Grant` or `session`; `key` where not even that is known. */
  readonly what: string;
  readonly why: LeftOutReason;
}

/**
 * Why: `no_place`: an {@link OAuthDatabase} has none for it. The others cannot be read: it is no JSON; not what that program writes; a
 * Redis value of another type; under a key that says nothing to us; or more than a database takes.
 */
export type LeftOutReason =
  | 'no_place'
  | 'not_json'
  | 'not_a_record'
  | 'other_type'
  | 'unknown_key'
  | 'not_storable';

/** How much of the same was left out. */
export interface LeftOutCount extends LeftOut {
  readonly count: number;
}

/** Counts what a pass over a source leaves out. */
export class LeftOuts {
  readonly #counts = new Map<string, LeftOutCount>();

  readonly add = ({ what, why }: LeftOut): void => {
    const name = `${why} ${what}`;
    const count = (this.#counts.get(name)?.count ?? 0) + 1;
    this.#counts.set(name, { what, why, count });
  };

  /** The most first. */
  get counts(): readonly LeftOutCount[] {
    return [...this.#counts.values()].toSorted((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
  }
}
