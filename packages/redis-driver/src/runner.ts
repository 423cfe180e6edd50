import { lateError, monotonicNow, OAuthDatabaseError, type Moment } from '@oauthdb/core';
import type { ClusterMap, ClusterNode, RedisClient } from './client.ts';
import { ServerClock } from './clock.ts';
import { Connection } from './connection.ts';
import { commandError, isUnknownScript } from './errors.ts';
import type { Operations } from './operations.ts';
import { parseReply, SCRIPT, SCRIPT_SHA, type ScriptReply } from './script.ts';
import { slotOf } from './slot.ts';

/** The way to a server: its clock, once somebody has asked for it. */
class Route {
  readonly clock: ServerClock = new ServerClock();
  isOpen = false;
  opening: Promise<void> | undefined;
}

/**
 * Sends commands and runs the script, on whichever server a key is.
 *
 * What is sent first on a new connection asks for the server's time, and all calls wait for the answer: so that the first write
 * carries a deadline by that server's clock already, whatever that shows, and nothing overtakes anything.
 */
export class Runner {
  readonly #cluster: ClusterMap | undefined;
  readonly #connection: Connection;
  /** By the name of the node; a single server has none. */
  readonly #routes = new Map<string, Route>();

  constructor(client: RedisClient, silenceMs?: number) {
    this.#cluster = client.cluster;
    this.#connection = new Connection(client, { made: () => this.#routes.clear(), silenceMs });
  }

  /** Sends a command that changes nothing. */
  send(key: string, args: readonly string[], { deadline }: Moment): Promise<unknown> {
    if (this.#isOpen(key)) return this.#connection.send(key, args);
    return this.#open(key, deadline).then(() => this.#connection.send(key, args));
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
  async run({ keys, args }: Operations, { deadline }: Moment): Promise<ScriptReply> {
    // Whoever calls this has at least one operation, and every operation has a key.
    const key = keys[0] as string;
    if (!this.#isOpen(key)) await this.#open(key, deadline);
    for (;;) {
      const sentAt = monotonicNow();
      if (sentAt > deadline) throw lateError();
      const { clock } = this.#route(key);
      const header = [String(clock.at(deadline)), String(clock.uncertainty)];
      const call = ['EVALSHA', SCRIPT_SHA, String(keys.length), ...keys, ...header, ...args];
      let raw: unknown;
      try {
        raw = await this.#connection.send(key, call);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        raw = await this.#connection.send(key, ['EVAL', SCRIPT, ...call.slice(2)]);
      }
      const reply = parseReply(raw);
      clock.learn(reply.time, sentAt, monotonicNow());
      // Nothing was done. If the caller still waits, the server's clock was set: it is known better now.
      if (reply.outcome !== 'late') return reply;
    }
  }

  close(): void {
    this.#connection.close();
  }

  #isOpen(key: string): boolean {
    return this.#connection.isReady && this.#route(key).isOpen;
  }

  async #open(key: string, deadline: number): Promise<void> {
    if (!this.#connection.isReady) await this.#connection.ready(deadline);
    const route = this.#route(key);
    if (route.isOpen) return;
    route.opening ??= this.#greet(key, route);
    await route.opening;
  }

  /** Makes the script known to the server and the server's time known here, by a call that is late at any time. */
  async #greet(key: string, route: Route): Promise<void> {
    try {
      const sentAt = monotonicNow();
      const { time } = parseReply(await this.#connection.send(key, ['EVAL', SCRIPT, '1', key, '0']));
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

  #route(key: string): Route {
    const name = this.#cluster?.nodeOf(slotOf(key)) ?? '';
    const known = this.#routes.get(name);
    if (known !== undefined) return known;
    const route = new Route();
    this.#routes.set(name, route);
    return route;
  }
}
