import { SingleBar, type Options } from 'cli-progress';
import type { Output } from './output.ts';

/** How far long work is, on a terminal; elsewhere nobody watches. */
export class Progress {
  readonly #out: Output;
  readonly #vanishes: boolean;
  #bar: SingleBar | undefined;
  #title = '';
  #hasTotal = false;

  constructor(out: Output, vanishes = false) {
    this.#out = out;
    this.#vanishes = vanishes;
  }

  /** Shows how far some work is while it goes on, and no trace of it afterwards. */
  static async during<T>(
    out: Output,
    title: string,
    work: (onProgress: (done: number) => void) => Promise<T>,
  ): Promise<T> {
    const progress = new Progress(out, true);
    try {
      return await work((done) => progress.update(title, done, null));
    } finally {
      progress.stop();
    }
  }

  /** @param total - `null` where it is not known. */
  update(title: string, done: number, total: number | null): void {
    if (!this.#out.isWatched) return;
    const hasTotal = total !== null && total > 0;
    if (title !== this.#title || hasTotal !== this.#hasTotal) {
      this.stop();
      this.#title = title;
      this.#hasTotal = hasTotal;
      const counted = '{title} {value} records, {duration_formatted}';
      const format = hasTotal
        ? '{title} {bar} {percentage}% of {total} records, {eta_formatted} left'
        : counted;
      const options: Options = {
        format,
        stream: this.#out.stderr,
        hideCursor: true,
        clearOnComplete: this.#vanishes,
        fps: 5,
      };
      this.#bar = new SingleBar(options);
      this.#bar.start(total ?? 0, done, { title });
    }
    this.#bar?.update(done);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#title = '';
  }
}
