import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { createColors } from 'picocolors';
import Table from 'cli-table3';
import { cell } from './text.ts';

/** How many rows of a table are held: its columns are as wide as they need. */
const ROWS = 200;

export interface OutputOptions {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** One line of a listing: by the names of the columns, in their order. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Results go to standard output: as tables on a terminal, else as lines with tabs between the columns, or as JSON. What is said
 * besides goes to standard error.
 */
export class Output {
  readonly json: boolean;
  readonly isTerminal: boolean;
  /** Of standard output. */
  readonly colors: ReturnType<typeof createColors>;
  readonly #colorsOfNotes: ReturnType<typeof createColors>;
  readonly #stdout: OutputOptions['stdout'];
  readonly #stderr: OutputOptions['stderr'];

  constructor({ stdout, stderr, json, env }: OutputOptions) {
    this.json = json;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.isTerminal = stdout.isTTY === true;
    const wanted = !env['NO_COLOR'] && env['TERM'] !== 'dumb';
    this.colors = createColors(wanted && this.isTerminal && !json);
    this.#colorsOfNotes = createColors(wanted && stderr.isTTY === true);
  }

  /** Whether progress can be shown: on a terminal, where nobody reads it as data. */
  get isWatched(): boolean {
    return this.#stderr.isTTY === true && !this.json;
  }

  get stderr(): Writable {
    return this.#stderr;
  }

  /** A line; waits as long as the reader does not keep up. */
  async line(text = ''): Promise<void> {
    if (!this.#stdout.write(`${text}\n`)) await once(this.#stdout, 'drain');
  }

  /** A result for machines. */
  async value(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value));
  }

  /** Something said besides. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.note(`${this.#colorsOfNotes.yellow('warning:')} ${text}`);
  }

  error(text: string): void {
    this.note(`${this.#colorsOfNotes.red('error:')} ${text}`);
  }

  /** A listing, as long as it may be: little of it is held. JSON is a line for each. Says how many there were. */
  async rows(rows: AsyncIterable<Row> | Iterable<Row>): Promise<number> {
    let count = 0;
    let held: Row[] = [];
    for await (const row of rows) {
      count++;
      if (this.json) await this.value(row);
      else if (!this.isTerminal) await this.line(Object.values(row).map(cell).join('\t'));
      else if (held.push(row) === ROWS) {
        await this.#table(held);
        held = [];
      }
    }
    if (held.length > 0) await this.#table(held);
    return count;
  }

  /** One thing, member by member. */
  async record(record: Row): Promise<void> {
    if (this.json) return this.value(record);
    const entries = Object.entries(record).filter(([, value]) => value !== undefined);
    const width = Math.max(...entries.map(([name]) => name.length));
    for (const [name, value] of entries) {
      const label = this.isTerminal ? this.colors.bold(name.padEnd(width + 2)) : `${name}\t`;
      await this.line(label + cell(value));
    }
  }

  async #table(rows: readonly Row[]): Promise<void> {
    const names = Object.keys(rows[0] as Row);
    const table = new Table({
      head: names.map((name) => this.colors.bold(name.replaceAll('_', ' '))),
      style: { head: [], border: [], compact: true },
    });
    for (const row of rows) table.push(names.map((name) => cell(row[name])));
    await this.line(table.toString());
  }
}
