import {
  monotonicNow,
  OAuthDatabaseError,
  startTimer,
  startTurn,
  stopTimer,
  stopTurn,
  type Moment,
} from '@oauthdb/core';
import { backoff, isBusy, tooBusy } from './busy.ts';
import type { Connection } from './connection.ts';
import { isFull, translated } from './errors.ts';
import type { Store } from './store.ts';

/**
 * How many keys the calls that share a transaction may write at the most, a call that only reads counting as one: it holds up the
 * event loop for some milliseconds then. A call that writes more has a transaction to itself.
 */
const GROUP = 256;

/** How many expired rows a transaction sweeps besides twice what it may write: a millisecond or two. */
const SWEEP = 100;

/** A call that waits for its transaction. */
interface Member {
  readonly at: Moment;
  /** What it may write. */
  readonly keys: readonly string[];
  /** Whether it needs a transaction of its own, because the one that it shared has failed. */
  alone: boolean;
  /** Does its part of the transaction. */
  run(store: Store): void;
  /** Gives the answer, once the transaction has been committed. */
  resolve(): void;
  reject(error: OAuthDatabaseError): void;
}

/**
 * Calls that come in one turn of the event loop share one transaction, and so one wait for the disk; each is answered when it is
 * durable. They run in the order in which they came.
 *
 * The turn ends where Node.js has read all its sockets (`setImmediate`): in a server, requests that arrive together come in
 * separate microtasks.
 */
export class GroupCommit {
  readonly #connection: Connection;
  #queue: Member[] = [];
  /** How many of the queue may write a key. */
  readonly #writers = new Map<string, number>();
  /** The time by which more has expired than could be swept yet; `null` when nothing is known to be left. */
  #unswept: number | null = null;
  /** How often in a row the lock was not free. */
  #refused = 0;
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** Whether one of `keys` may be about to change. */
  writes(keys: readonly string[]): boolean {
    return this.#writers.size > 0 && keys.some((key) => this.#writers.has(key));
  }

  /**
   * Runs `work` in a transaction, in its turn, unless the deadline has passed by then.
   *
   * @param keys - what `work` may write.
   */
  add<T>(at: Moment, keys: readonly string[], work: (store: Store) => T): Promise<T> {
    for (const key of keys) this.#writers.set(key, (this.#writers.get(key) ?? 0) + 1);
    return new Promise<T>((resolve, reject) => {
      let done: { readonly answer: T } | null = null;
      this.#queue.push({
        at,
        keys,
        alone: false,
        run: (store) => {
          done = monotonicNow() > at.deadline ? null : { answer: work(store) };
        },
        resolve: () => (done === null ? reject(this.#tooLate()) : resolve(done.answer)),
        reject,
      });
      this.#schedule();
    });
  }

  /** Fails every call that waits. */
  close(): void {
    stopTurn(this.#turn);
    stopTimer(this.#timer);
    this.#unswept = null;
    this.#turn = undefined;
    this.#timer = undefined;
    const error = new OAuthDatabaseError('OAUTHDB_CLOSED', 'the database is closed', {
      outcome: 'not_executed',
    });
    for (const member of this.#leave(this.#queue)) member.reject(error);
  }

  #schedule(): void {
    if (this.#turn !== undefined || this.#timer !== undefined) return;
    if (this.#queue.length === 0 && this.#unswept === null) return;
    this.#turn = startTurn(() => {
      this.#turn = undefined;
      this.#runGroup();
      this.#schedule();
    });
  }

  #runGroup(): void {
    this.#refuseLate();
    const [first] = this.#queue;
    if (first === undefined) return this.#sweepOn();
    const group = first.alone ? [first] : this.#group();
    const written = group.reduce((sum, { keys }) => sum + keys.length, 0);
    let stage = 'begin' as 'begin' | 'members' | 'commit';
    let more = false;
    try {
      this.#connection.transaction((store) => {
        stage = 'members';
        // First, for what it frees may be what the members need. Not when alone: if it fails, no member has to fail with it.
        if (!first.alone) more = store.sweep(first.at.now, SWEEP + 2 * written);
        for (const member of group) member.run(store);
        stage = 'commit';
      });
    } catch (error) {
      if (isBusy(error)) this.#wait();
      else if (!first.alone && (stage === 'members' || (stage === 'commit' && isFull(error)))) {
        // It may be one member's fault. Each is told by itself, a turn for each, so that the event loop goes on.
        for (const member of group) member.alone = true;
      } else {
        const failure = translated(error, this.#connection.label, stage === 'commit' ? 'commit' : 'work');
        for (const member of this.#leave(group)) member.reject(failure);
      }
      return;
    }
    this.#refused = 0;
    if (more) this.#unswept = first.at.now;
    for (const member of this.#leave(group)) member.resolve();
  }

  /** The first of the queue, as many as share a transaction. */
  #group(): Member[] {
    let written = 0;
    const end = this.#queue.findIndex(({ keys }) => (written += Math.max(1, keys.length)) > GROUP);
    return end === -1 ? this.#queue : this.#queue.slice(0, Math.max(1, end));
  }

  /** Sweeps what a write has left, a little in each turn in which nobody writes. */
  #sweepOn(): void {
    const now = this.#unswept;
    this.#unswept = null;
    if (now === null) return;
    try {
      this.#connection.transaction((store) => {
        if (store.sweep(now, SWEEP)) this.#unswept = now;
      });
    } catch {
      // Nobody has asked for it: the next write sweeps, and says what is the matter if that stays.
      this.#unswept = null;
    }
  }

  /** Somebody else writes: looks again in a moment, and meanwhile the event loop is free. */
  #wait(): void {
    const earliest = this.#queue.reduce((least, { at }) => Math.min(least, at.deadline), Infinity);
    this.#timer = startTimer(
      () => {
        this.#timer = undefined;
        this.#runGroup();
        this.#schedule();
      },
      Math.min(backoff(this.#refused++), Math.max(earliest - monotonicNow(), 0)),
    );
  }

  #refuseLate(): void {
    const now = monotonicNow();
    const late = this.#queue.filter(({ at }) => now > at.deadline);
    if (late.length > 0) for (const member of this.#leave(late)) member.reject(this.#tooLate());
  }

  /** Takes `members` out of the queue. */
  #leave(members: readonly Member[]): readonly Member[] {
    if (members.length === this.#queue.length) {
      this.#queue = [];
      this.#writers.clear();
      return members;
    }
    const leaving = new Set(members);
    this.#queue = this.#queue.filter((member) => !leaving.has(member));
    for (const key of members.flatMap(({ keys }) => keys)) {
      const others = (this.#writers.get(key) ?? 1) - 1;
      if (others === 0) this.#writers.delete(key);
      else this.#writers.set(key, others);
    }
    return members;
  }

  #tooLate(): OAuthDatabaseError {
    return tooBusy(this.#connection.label);
  }
}
