/** No slot. */
export const NONE = -1;

/** How many slots a page has, as a power of two: small enough that an empty store is small. */
const PAGE_BITS = 9;
const PAGE = 1 << PAGE_BITS;
const INTS_BITS = 3;

/** Of a page whose slots are all free, and whose memory was given back. */
const NO_INTS = new Int32Array();
const NO_NUMBERS = new Float64Array();
const NO_REFS: readonly unknown[] = [];

/**
 * Records without objects, in slots that have numbers: eight integers each, of which every two may be a number instead, and a few
 * references, the first of them the record's key. They lie in pages, so that nothing is copied when there come to be more.
 *
 * Whoever asks for a slot's fields has a slot that was added and not yet removed, and so a page that is there.
 */
export class Slots {
  readonly #refsEach: number;
  readonly #ints: Int32Array[] = [];
  /** The same memory. */
  readonly #numbers: Float64Array[] = [];
  readonly #refs: (readonly unknown[])[] = [];
  /** Of each page: the first of its free slots, which are linked, and how many are not free. */
  readonly #free: number[] = [];
  readonly #used: number[] = [];
  /** The pages with room; the next slot is of the last one. */
  readonly #roomy: number[] = [];

  constructor(refsEach: number) {
    this.#refsEach = refsEach;
  }

  /** All slots have smaller numbers. */
  get end(): number {
    return this.#ints.length << PAGE_BITS;
  }

  int(slot: number, field: number): number {
    return (this.#ints[slot >> PAGE_BITS] as Int32Array)[intAt(slot, field)] as number;
  }

  setInt(slot: number, field: number, value: number): void {
    (this.#ints[slot >> PAGE_BITS] as Int32Array)[intAt(slot, field)] = value;
  }

  /** The number that takes the place of the integers `2 * field` and the next. */
  number(slot: number, field: number): number {
    return (this.#numbers[slot >> PAGE_BITS] as Float64Array)[numberAt(slot, field)] as number;
  }

  setNumber(slot: number, field: number, value: number): void {
    (this.#numbers[slot >> PAGE_BITS] as Float64Array)[numberAt(slot, field)] = value;
  }

  ref(slot: number, field: number): unknown {
    return (this.#refs[slot >> PAGE_BITS] as unknown[])[(slot & (PAGE - 1)) * this.#refsEach + field];
  }

  setRef(slot: number, field: number, value: unknown): void {
    (this.#refs[slot >> PAGE_BITS] as unknown[])[(slot & (PAGE - 1)) * this.#refsEach + field] = value;
  }

  /** The key of the record in any slot before {@link end}; of a free one, `undefined`. */
  key(slot: number): string | undefined {
    return this.ref(slot, 0) as string | undefined;
  }

  /** A slot whose integers say anything. */
  add(key: string): number {
    const page = this.#roomy.at(-1) ?? this.#addPage();
    if (this.#ints[page] === NO_INTS) this.#allocate(page);
    const slot = this.#free[page] as number;
    this.#free[page] = this.int(slot, 0);
    if (++(this.#used[page] as number) === PAGE) this.#roomy.pop();
    this.setRef(slot, 0, key);
    return slot;
  }

  remove(slot: number): void {
    const page = slot >> PAGE_BITS;
    for (let i = 0; i < this.#refsEach; i++) this.setRef(slot, i, undefined);
    this.setInt(slot, 0, this.#free[page] as number);
    this.#free[page] = slot;
    const used = --(this.#used[page] as number);
    if (used === PAGE - 1) this.#roomy.push(page);
    // One that is in use next is kept, lest it come and go with a single record.
    if (used === 0 && this.#roomy.at(-1) !== page) {
      this.#ints[page] = NO_INTS;
      this.#numbers[page] = NO_NUMBERS;
      this.#refs[page] = NO_REFS;
    }
  }

  #addPage(): number {
    const page = this.#ints.push(NO_INTS) - 1;
    this.#numbers.push(NO_NUMBERS);
    this.#refs.push(NO_REFS);
    this.#free.push(NONE);
    this.#used.push(0);
    this.#roomy.push(page);
    return page;
  }

  #allocate(page: number): void {
    const ints = new Int32Array(PAGE << INTS_BITS);
    const first = page << PAGE_BITS;
    for (let i = 0; i < PAGE; i++) ints[i << INTS_BITS] = first + i + 1;
    this.#free[page] = first;
    this.#ints[page] = ints;
    this.#numbers[page] = new Float64Array(ints.buffer);
    this.#refs[page] = Array.from({ length: PAGE * this.#refsEach });
  }
}

function intAt(slot: number, field: number): number {
  return ((slot & (PAGE - 1)) << INTS_BITS) + field;
}

function numberAt(slot: number, field: number): number {
  return ((slot & (PAGE - 1)) << (INTS_BITS - 1)) + field;
}
