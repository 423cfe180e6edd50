import { startTurn, stopTurn, type OAuthDatabaseError } from '@oauthdb/core';
import type { Batch } from './batch.ts';

/**
 * What waits for the end of this turn of the event loop: batches in the order of their first calls, of which those of one lane, a
 * slot of a cluster, are sent in that order.
 *
 * The turn ends where Node.js has read all its sockets (`setImmediate`): in a server, requests that arrive together come in
 * separate microtasks.
 */
export class TurnQueue {
  #lanes = new Map<number, Batch[]>();
  readonly #isIdle: () => boolean;
  #turn: NodeJS.Immediate | undefined;

  /** @param isIdle - whether the server has next to nothing to do. */
  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  /** Whether nothing waits, and no lane was claimed in this turn. */
  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  /** Whether this is the first call of a lane in this turn, which need not wait. */
  claim(lane: number): boolean {
    if (this.#lanes.has(lane)) return false;
    this.#lanes.set(lane, []);
    this.#turn ??= startTurn(() => this.#flush());
    return true;
  }

  /** The batch that was put last into a lane. */
  last(lane: number): Batch | undefined {
    return this.#lanes.get(lane)?.at(-1);
  }

  /** Puts a batch behind those of its lane. */
  push<B extends Batch>(lane: number, batch: B): B {
    const batches = this.#lanes.get(lane);
    if (batches === undefined) this.#lanes.set(lane, [batch]);
    else batches.push(batch);
    this.#turn ??= startTurn(() => this.#flush());
    return batch;
  }

  /** Gives up what waits. */
  fail(error: OAuthDatabaseError): void {
    if (this.#turn !== undefined) stopTurn(this.#turn);
    for (const batch of this.#take()) batch.fail(error);
  }

  #flush(): void {
    const batches = this.#take();
    const inHalves = batches.length === 1 && this.#isIdle();
    for (const batch of batches) batch.send(inHalves);
  }

  #take(): Batch[] {
    const batches = [...this.#lanes.values()].flat();
    // A new one, for V8 links what a cleared Map held to what it holds next: once some of that is old, all that follows is kept until
    // the next full garbage collection.
    this.#lanes = new Map();
    this.#turn = undefined;
    return batches;
  }
}
