import { monotonicNow, type OAuthDatabaseError } from '@oauthdb/core';
import type { RedisClient } from '../client.ts';
import { isPermanent } from '../errors.ts';
import type { RedisAddress } from '../url.ts';
import { isSame, Sentinel, type Named } from './sentinel.ts';

/**
 * How often the sentinels are asked. They could say by themselves that the master has changed, but one that is gone says nothing,
 * and the one that leads a failover tells who asks earlier than who listens.
 */
const ASK_EVERY_MS = 250;

/**
 * How long a handover is waited for: the sentinel that leads it sees within a second or two that it worked. One that does not work
 * goes on for minutes, and the master is a master all the while.
 */
const HANDOVER_MS = 3000;

export interface SentinelsListener {
  /** The master is there from now on. */
  moved(address: RedisAddress): void;
  /** Nobody can say where the master is. */
  failed(error: OAuthDatabaseError): void;
  /** Somebody has said where the master is, and it is where it was. */
  confirmed(): void;
  /** It is where it was, but another one is being made the master: what the old one acknowledges now is lost. */
  handingOver(): void;
}

/** Knows which server is the master, as the sentinels say. */
export class Sentinels {
  readonly #sentinels: readonly Sentinel[];
  readonly #listener: SentinelsListener;
  readonly #handoverMs: number;
  #followed: Named | undefined;
  /** Since when the one that is followed hands over. */
  #handingOverSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    clients: readonly RedisClient[],
    name: string,
    listener: SentinelsListener,
    handoverMs: number = HANDOVER_MS,
  ) {
    this.#listener = listener;
    this.#handoverMs = handoverMs;
    this.#sentinels = clients.map((client) => new Sentinel(client, name, () => this.#told()));
  }

  /** Begins to ask, now and then; does nothing if that has begun. */
  start(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setInterval(() => this.ask(), ASK_EVERY_MS);
    // The connections keep the process alive, as those to one server do.
    this.#timer.unref();
    this.ask();
  }

  ask(): void {
    for (const sentinel of this.#sentinels) sentinel.ask();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const sentinel of this.#sentinels) sentinel.close();
  }

  #told(): void {
    const all = this.#sentinels.length;
    const said = this.#sentinels.flatMap((sentinel) => sentinel.said ?? []);
    const failures = this.#sentinels.flatMap(({ failure }) => failure ?? []);
    // The first one to answer may be the one that has missed the last failover.
    const isSettled = said.length > all / 2 || said.length + failures.length === all;
    if (this.#followed === undefined && !isSettled) return;
    const newest = newestOf(said, this.#followed);
    if (newest === undefined) {
      if (failures.length === all) this.#listener.failed(reasonOf(failures));
      return;
    }
    const followed = this.#followed;
    if (followed !== undefined && isSame(followed.address, newest.address)) {
      if (newest.epoch > followed.epoch) this.#followed = newest;
      if (this.#handsOver(said, followed.address)) this.#listener.handingOver();
      else this.#listener.confirmed();
      return;
    }
    // An older one is believed only where most say so: then the sentinels were set up anew.
    if (followed !== undefined && newest.epoch < followed.epoch && said.length <= all / 2) return;
    this.#followed = newest;
    this.#handingOverSince = undefined;
    this.#listener.moved(newest.address);
  }

  #handsOver(said: readonly Named[], followed: RedisAddress): boolean {
    if (!said.some(({ address, isHandingOver }) => isHandingOver && isSame(address, followed))) {
      this.#handingOverSince = undefined;
      return false;
    }
    this.#handingOverSince ??= monotonicNow();
    return monotonicNow() - this.#handingOverSince < this.#handoverMs;
  }
}

/** What the last failover led to; of several that say otherwise, the one that is followed, or else the first. */
function newestOf(said: readonly Named[], followed: Named | undefined): Named | undefined {
  const epoch = Math.max(...said.map((one) => one.epoch));
  const last = said.filter((one) => one.epoch === epoch);
  return last.find((one) => isSame(one.address, followed?.address)) ?? last[0];
}

/** What is the matter where no sentinel answers: what only a person can help with, if most of them say so. */
function reasonOf(failures: readonly OAuthDatabaseError[]): OAuthDatabaseError {
  const permanent = failures.filter(isPermanent);
  const passing = failures.find((failure) => !isPermanent(failure));
  const [reason = failures[0]] = permanent.length > failures.length / 2 ? permanent : [passing];
  return reason as OAuthDatabaseError;
}
