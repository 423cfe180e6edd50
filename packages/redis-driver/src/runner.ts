import { lateError, monotonicNow, OAuthDatabaseError, type Entry, type Moment } from '@oauthdb/core';
import type { Batch } from './batch.ts';
import type { ClusterMap, ClusterNode, RedisClient } from './client.ts';
import { ServerClock } from './clock.ts';
import { closedError, Connection } from './connection.ts';
import { commandError } from './errors.ts';
import { lifeAlone, LifeBatch } from './life-batch.ts';
import type { Operations } from './operations.ts';
import { readAlone, ReadBatch } from './read-batch.ts';
import { RunBatch, type RunSender } from './run-batch.ts';
import { callScript, teachScript } from './run-script.ts';
import { parseReply, TOO_LATE, type ScriptReply } from './script.ts';
import { SingleBatch } from './single-batch.ts';
import { slotOf } from './slot.ts';
import { TurnQueue } from './turn-queue.ts';

/** The way to a server: its clock, once somebody has asked for it. */
class Route {
  readonly clock: ServerClock = new ServerClock();
  isOpen = false;
  opening: Promise<void> | undefined;
}

/** A slot of a cluster that is being moved refuses commands with several keys, some of which have been moved. */
const REFUSED_MS = 5000;

export interface RunnerOptions {
  /** Whether calls that come while others are under way are joined, at the end of the turn. */
  readonly coalescing: boolean;
  /** See `RedisDriverOptions`. */
  readonly silenceMs: number | undefined;
}

/**
 * Sends commands and runs the script, on whichever server a key is.
 *
 * What is sent first on a new connection asks for the server's time, and all calls wait for the answer: so that the first write
 * carries a deadline by that server's clock already, whatever that shows, and nothing overtakes anything.
 *
 * A call that finds nothing under way is sent at once. Others wait for the end of the turn, where neighbours of one kind become one
 * command. What has to do with one key, and on a single server all that comes, takes effect in the order in which it was called.
 */
export class Runner {
  readonly #cluster: ClusterMap | undefined;
  readonly #connection: Connection;
  readonly #coalescing: boolean;
  // The first call of a turn goes out alone, and keeps nobody busy.
  readonly #queue = new TurnQueue(() => this.#connection.due <= 1);
  readonly #sender: RunSender;
  /** By the name of the node; a single server has none. */
  readonly #routes = new Map<string, Route>();
  /** Till when calls are sent one by one, because the server has refused some that were joined. */
  #aloneUntil = -Infinity;

  constructor(client: RedisClient, { coalescing, silenceMs }: RunnerOptions) {
    this.#cluster = client.cluster;
    this.#coalescing = coalescing;
    const made = (): void => {
      this.#routes.clear();
      this.#aloneUntil = -Infinity;
    };
    this.#connection = new Connection(client, { made, silenceMs });
    this.#sender = {
      send: (key, args) => this.#connection.send(key, args),
      run: (operations, deadline) => this.#runAlone(operations, deadline),
      misled: (key) => this.misled(key),
      refused: ({ retryable }) => {
        // What does not pass by itself, such as a missing right, holds for this connection.
        this.#aloneUntil = retryable ? monotonicNow() + REFUSED_MS : Infinity;
      },
    };
  }

  /** What is under keys that are in one slot. */
  read(keys: readonly string[], at: Moment): Promise<(Entry | null)[]> {
    const key = keys[0] as string;
    if (!this.#isOpen(key)) return this.#open(key, at.deadline).then(() => this.read(keys, at));
    const lane = this.#lane(key);
    if (this.#goesAtOnce(lane)) return readAlone(keys, this.#sender);
    const last = this.#joinable(lane);
    const batch =
      last instanceof ReadBatch && last.hasRoom(keys.length, 0)
        ? last
        : this.#queue.push(lane, new ReadBatch(this.#sender));
    return batch.add(keys, at.deadline);
  }

  /** How long what is under a key still lives, as the contract of a driver has it. */
  timeLeft(key: string, at: Moment): Promise<(number | null)[]> {
    if (!this.#isOpen(key)) return this.#open(key, at.deadline).then(() => this.timeLeft(key, at));
    const lane = this.#lane(key);
    if (this.#goesAtOnce(lane)) return lifeAlone(key, this.#sender);
    const last = this.#joinable(lane);
    const batch =
      last instanceof LifeBatch && last.hasRoom(1, 0)
        ? last
        : this.#queue.push(lane, new LifeBatch(this.#sender));
    return batch.add(key, at.deadline);
  }

  /** Sends a command that changes nothing. */
  send(key: string, args: readonly string[], at: Moment): Promise<unknown> {
    if (!this.#isOpen(key)) return this.#open(key, at.deadline).then(() => this.send(key, args, at));
    const lane = this.#lane(key);
    if (this.#goesAtOnce(lane)) return this.#connection.send(key, args);
    const single = new SingleBatch(at.deadline, () => this.#connection.send(key, args));
    return this.#queue.push(lane, single).reply;
  }

  /** Sends a command that changes nothing to a node of a cluster. */
  sendTo(node: ClusterNode, args: readonly string[]): Promise<unknown> {
    return this.#connection.sendTo(node, args);
  }

  /** Waits until commands can be sent. */
  async ready({ deadline }: Moment): Promise<void> {
    if (!this.#connection.isReady) await this.#connection.ready(deadline);
  }

  /** Runs the script once, all of whose keys are in one slot. Throws `OAUTHDB_TIMEOUT` if it comes too late. */
  run(operations: Operations, at: Moment): Promise<ScriptReply> {
    // Whoever calls this has at least one operation, and every operation has a key.
    const key = operations.keys[0] as string;
    if (!this.#isOpen(key)) return this.#open(key, at.deadline).then(() => this.run(operations, at));
    const lane = this.#lane(key);
    if (this.#goesAtOnce(lane)) return this.#runAlone(operations, at.deadline);
    const last = this.#joinable(lane);
    const batch =
      last instanceof RunBatch && last.takes(operations)
        ? last
        : this.#queue.push(lane, new RunBatch(this.#sender, this.#route(key).clock));
    return batch.add(operations, at.deadline);
  }

  close(): void {
    this.#queue.fail(closedError());
    this.#connection.close();
  }

  #runAlone(operations: Operations, deadline: number): Promise<ScriptReply> {
    const { keys, args } = operations;
    const sentAt = monotonicNow();
    if (sentAt > deadline) return Promise.reject(lateError());
    const { clock } = this.#route(keys[0] as string);
    const header = [String(clock.at(deadline)), String(clock.uncertainty)];
    return callScript(this.#sender, keys, [...header, ...args], parseReply).then((reply) => {
      clock.learn(reply.time, sentAt, monotonicNow());
      // Nothing was done. If the caller still waits, the server's clock was set: it is known better now.
      return reply.outcome === 'late' ? this.#runAlone(operations, deadline) : reply;
    });
  }

  /**
   * Whether a call need not wait for the end of the turn: nothing is under way, or in a cluster, whose calls are mostly of different
   * slots, it is the first of its slot in this turn.
   */
  #goesAtOnce(lane: number): boolean {
    if (!this.#coalescing) return true;
    if (this.#cluster === undefined) return this.#queue.isEmpty && this.#connection.due === 0;
    return this.#queue.claim(lane);
  }

  /** What keeps its order: everything on a single server, a slot of a cluster. */
  #lane(key: string): number {
    return this.#cluster === undefined ? 0 : slotOf(key);
  }

  /** The last batch of a lane, if more may be joined to it. */
  #joinable(lane: number): Batch | undefined {
    const isAlone = this.#aloneUntil > 0 && monotonicNow() < this.#aloneUntil;
    return isAlone ? undefined : this.#queue.last(lane);
  }

  #isOpen(key: string): boolean {
    return this.#connection.isReady && this.#route(key).isOpen;
  }

  /** Waits for the next of what is missing: the connection, or the greeting on it. Whoever calls this looks again then. */
  #open(key: string, deadline: number): Promise<void> {
    if (!this.#connection.isReady) return this.#connection.ready(deadline);
    const route = this.#route(key);
    route.opening ??= this.#greet(key, route);
    return route.opening;
  }

  /** Makes the script known to the server and the server's time known here, by a call that is late at any time. */
  async #greet(key: string, route: Route): Promise<void> {
    try {
      const sentAt = monotonicNow();
      const { time } = await callScript(this.#sender, [key], [TOO_LATE, '0'], parseReply, teachScript);
      route.clock.learn(time, sentAt, monotonicNow());
      route.isOpen = true;
    } catch (thrown) {
      const { code, message, retryable, cause } = commandError(thrown);
      // Of what the caller wanted, nothing was sent.
      if (retryable) throw new OAuthDatabaseError(code, message, { outcome: 'not_executed', cause });
      // Who may not run scripts may still read. Each call that does more says what is the matter.
      route.isOpen = true;
    } finally {
      route.opening = undefined;
    }
  }

  /** Called when the answer for a key was not the one to what was asked. */
  misled(key: string): void {
    this.#distrust(this.#route(key));
  }

  /** The same of a node of a cluster. */
  misledBy({ name }: ClusterNode): void {
    this.#distrust(this.#routeTo(name));
  }

  /** Trusts a way no more, until it has been greeted again; ours is made anew. */
  #distrust(route: Route): void {
    // The answers that were still due mislead as well; a new connection has a route of its own.
    if (!route.isOpen && route.opening === undefined) return;
    route.isOpen = false;
    this.#connection.reconnect();
  }

  #route(key: string): Route {
    return this.#routeTo(this.#cluster?.nodeOf(slotOf(key)) ?? '');
  }

  #routeTo(name: string): Route {
    const known = this.#routes.get(name);
    if (known !== undefined) return known;
    const route = new Route();
    this.#routes.set(name, route);
    return route;
  }
}
