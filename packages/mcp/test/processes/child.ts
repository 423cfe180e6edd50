import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { FromChild, Job, ToChild } from './messages.ts';

/** A process of its own, with the same store as others. */
export class Child {
  readonly #process: ChildProcess;
  #said: FromChild[] = [];
  #heard: () => void = () => {};

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (message: FromChild) => {
      this.#said.push(message);
      this.#heard();
    });
    child.once('exit', () => this.#heard());
  }

  static async start(job: Job): Promise<Child> {
    const program = fileURLToPath(new URL('refresher.ts', import.meta.url));
    const execArgv = ['--conditions=@oauthdb/source', '--no-warnings'];
    const child = new Child(fork(program, [JSON.stringify(job)], { execArgv }));
    onTestFinished(() => child.kill());
    await child.#hears('started');
    return child;
  }

  /** Has it read its tokens, and wait. */
  async begin(): Promise<void> {
    this.#tell('begin');
    await this.#hears('read');
  }

  go(): void {
    this.#tell('go');
  }

  async ended(): Promise<Extract<FromChild, { has: 'ended' }>> {
    return (await this.#hears('ended')) as Extract<FromChild, { has: 'ended' }>;
  }

  async kill(): Promise<void> {
    if (this.#isGone()) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }

  #isGone(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #tell(message: ToChild): void {
    this.#process.send(message);
  }

  async #hears(what: FromChild['has']): Promise<FromChild> {
    for (;;) {
      const message = this.#said.find(({ has }) => has === what);
      if (message !== undefined) {
        this.#said = this.#said.filter((one) => one !== message);
        return message;
      }
      if (this.#isGone()) throw new Error(`the process ended before it had ${what}`);
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
  }
}
