import { randomBytes } from 'node:crypto';

/** The kinds that stand in names, which stay readable (see `SecretsOptions`): no error shows them, and a file may. */
const NAMES: ReadonlySet<string> = new Set(['client', 'user', 'jti', 'key']);

/** The kinds that stand in values, which are in clear where there are no keys. Whatever opens a grant is nowhere. */
const VALUES: ReadonlySet<string> = new Set(['token']);

/** The longest kind. */
const KIND = 12;

/**
 * Texts that must not show, each with one mark in it that is found wherever it is, as it is, as base64 or as hex: and so all of them at
 * once, however many there are.
 */
export class Canaries {
  readonly #mark = `-canary-${randomBytes(6).toString('hex')}-`;
  readonly #encoded: readonly string[] = encodings(this.#mark);
  readonly #given: readonly string[];
  readonly #kinds = new Set<string>();
  #count = 0;

  /** @param given - texts that were not made here, and must not show either, such as a password. */
  constructor(given: readonly string[] = []) {
    this.#given = given;
  }

  /** A text that shows in no error. At rest it does not show either, unless it is of a kind that stands in names. */
  secret(kind: string): string {
    this.#kinds.add(kind);
    return `${kind}${this.#mark}${kind}${this.#count++}`;
  }

  /** A key of 32 bytes that shows nowhere. */
  key(): Uint8Array {
    return Buffer.from(this.secret('seal').padEnd(32, '0').slice(0, 32));
  }

  /** The kinds of those that show; none if all is well. */
  in(shown: Uint8Array | string): string[] {
    const bytes =
      typeof shown === 'string'
        ? Buffer.from(shown)
        : Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength);
    const found = new Set<string>();
    for (let at = bytes.indexOf(this.#mark); at !== -1; at = bytes.indexOf(this.#mark, at + 1)) {
      found.add(this.#kindAround(bytes, at));
    }
    if (this.#encoded.some((text) => bytes.includes(text))) found.add('encoded');
    if (this.#given.some((text) => bytes.includes(text))) found.add('given');
    return [...found];
  }

  /**
   * The kind stands on both sides of the mark: where a text goes on in another page of a file, one side has all of it, and the other
   * one ends in whatever is next.
   */
  #kindAround(bytes: Buffer, at: number): string {
    const end = at + this.#mark.length;
    const [before = ''] = /[a-z]*$/.exec(bytes.toString('latin1', Math.max(0, at - KIND), at)) ?? [];
    const [after = ''] = /^[a-z]*/.exec(bytes.toString('latin1', end, end + KIND)) ?? [];
    return this.#kinds.has(before) ? before : after;
  }

  /**
   * The kinds of those that show where they must not, in what anybody sees of a store from outside.
   *
   * @param sealed - whether the values in it were sealed.
   */
  atRest(bytes: Uint8Array, sealed: boolean): string[] {
    return this.in(bytes).filter((kind) => !NAMES.has(kind) && (sealed || !VALUES.has(kind)));
  }
}

/** What is the same in the base64 of whatever has `text` in it, wherever it begins; and its hex. */
function encodings(text: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.from(`${' '.repeat(shift)}${text}`).toString('base64url');
    // The first characters and the last one depend on what is around.
    return whole.slice(shift === 0 ? 0 : shift + 1, -3);
  });
  const hex = Buffer.from(text).toString('hex');
  return [...base64, hex, hex.toUpperCase()];
}
