import { setTimeout as sleep } from 'node:timers/promises';
import { resolveOptions, type DatabaseOptions, type OAuthDatabase } from '@oauthdb/core';
import type { Inspector } from '@oauthdb/redis-driver';
import { inspect } from '../inspect.ts';
import { open } from '../open.ts';
import { EXIT, Failure, UsageError } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Masking } from './mask.ts';
import { Output } from './output.ts';
import { confirm, type Terminal } from './prompt.ts';
import type { Prefixes } from './redact.ts';
import { holdsPassword, optionsOf, urlOf, type Settings } from './settings.ts';

/** How long work that was interrupted may take to clean up. */
const FINISHING_MS = 5000;

/** What a command runs in: what was typed, where results go, and the database, once somebody asks for it. */
export class Context implements AsyncDisposable {
  readonly options: GlobalOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  #settings: Promise<Settings> | undefined;
  readonly #opened = new Set<AsyncDisposable>();
  readonly #finishing = new Set<Promise<unknown>>();
  #stopsItself = false;
  /** As long as no database says otherwise, everything may be a secret. */
  #plainHandles = true;

  constructor(options: GlobalOptions, env: NodeJS.ProcessEnv, terminal: Terminal, signal: AbortSignal) {
    this.options = options;
    this.env = env;
    this.terminal = terminal;
    this.signal = signal;
    this.out = new Output({
      stdout: terminal.stdout,
      stderr: terminal.stderr,
      env,
      json: options.json === true,
    });
  }

  get settings(): Promise<Settings> {
    this.#settings ??= this.#settle();
    return this.#settings;
  }

  /** Opens the database, or the one of `to` by the same options. It is closed when the command ends. */
  async db(to?: string): Promise<OAuthDatabase> {
    const { url, options } = to === undefined ? await this.settings : await this.#settle(to);
    const db = this.closing(await open(url, options));
    this.#plainHandles = db.handles === 'plain';
    return db;
  }

  /** The way to the Redis that the database is on; a usage error on any other. */
  async inspector(): Promise<Inspector> {
    const inspector = await this.inspectorIfRedis();
    if (inspector === null) throw new UsageError('this command is for Redis only');
    return inspector;
  }

  async inspectorIfRedis(): Promise<Inspector | null> {
    const { url, options } = await this.settings;
    const inspector = await inspect(url, { redis: options.redis, commandTimeout: options.commandTimeout });
    return inspector === null ? null : this.closing(inspector);
  }

  /** What the keys of the database begin with. */
  async prefixes(): Promise<Prefixes> {
    const { keyPrefix, serverKeyPrefix } = resolveOptions(await this.databaseOptions());
    return { held: keyPrefix, issued: serverKeyPrefix };
  }

  /** The URL of the database, if one is named. */
  urlIfNamed(): string | undefined {
    try {
      return urlOf(this.options, this.env);
    } catch {
      return undefined;
    }
  }

  /** The options of the database; none needs to be named. */
  async databaseOptions(): Promise<DatabaseOptions> {
    const { redis: _, ...options } = await optionsOf(this.options, this.env);
    return options;
  }

  /** What may be shown of the database that was opened. */
  get masking(): Masking {
    return { show: this.options.showSecrets === true, plainHandles: this.#plainHandles };
  }

  /** Has what is about to be done confirmed: by `--yes`, or on the terminal. */
  async confirm(question: string): Promise<void> {
    if (this.options.yes === true) return;
    if (!this.terminal.stdin.isTTY) throw new UsageError(`${question} Say --yes where nobody can be asked`);
    if (!(await confirm(this.terminal, question))) throw new Failure('nothing was changed', EXIT.no);
  }

  async #settle(typed: string | undefined = this.options.db): Promise<Settings> {
    if (typed !== undefined && holdsPassword(typed)) {
      this.out.warn(
        'everybody on this machine can read a password that is typed: put the URL into OAUTHDB_URL',
      );
    }
    const url = typed ?? urlOf(this.options, this.env);
    return { url, options: await optionsOf(this.options, this.env) };
  }

  /** From now on the work ends by itself, in good order, at Ctrl-C; a second one ends it at once. */
  stopsItself(): void {
    this.#stopsItself = true;
  }

  /** Rejects when Ctrl-C is pressed, unless the work ends by itself then. */
  aborted(): Promise<never> {
    return new Promise((_, reject) => {
      const abort = (): void => {
        if (!this.#stopsItself) reject(new Error('interrupted'));
      };
      if (this.signal.aborted) abort();
      else this.signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Marks work that ends by itself, and cleans up, when it is interrupted: it is waited for. */
  finishing<T>(work: Promise<T>): Promise<T> {
    this.#finishing.add(work);
    const forget = (): void => void this.#finishing.delete(work);
    work.then(forget, forget);
    return work;
  }

  closing<T extends AsyncDisposable>(opened: T): T {
    this.#opened.add(opened);
    return opened;
  }

  /** Closes what was opened before the command ends, for one that goes on. */
  async close(opened: AsyncDisposable): Promise<void> {
    this.#opened.delete(opened);
    await opened[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const finished = Promise.allSettled(this.#finishing);
    await Promise.race([finished, sleep(FINISHING_MS, undefined, { ref: false })]);
    await Promise.allSettled([...this.#opened].map((one) => one[Symbol.asyncDispose]()));
  }
}
