import { OAuthDatabaseError } from '@oauthdb/core';
import { Acknowledgements } from './acknowledgements.ts';
import { ClientThrough } from './client-through.ts';
import type { RedisClient } from './client.ts';
import { commandError } from './errors.ts';
import { nodeOfKey } from './node-of-key.ts';
import { SCRIPT, SCRIPT_SHA, TOO_LATE } from './script.ts';

export interface Replicas {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** Of the outcomes of the script those where nothing was changed, now or before. */
const UNCHANGED = new Set(['late', 'failed', 'used', 'refused', 'absent', 'error']);

/** A client whose changes are answered once replicas have them, too. Where they do not in time, that is said instead. */
export class ReplicatedClient extends ClientThrough {
  readonly #wait: readonly string[];
  readonly #replicas: number;
  /** By the name of the node. */
  readonly #acknowledgements = new Map<string, Acknowledgements>();

  constructor(client: RedisClient, { replicas, timeoutMs }: Replicas) {
    super(client);
    this.#replicas = replicas;
    this.#wait = ['WAIT', String(replicas), String(timeoutMs)];
  }

  override send(key: string, args: readonly string[]): Promise<unknown> {
    if (!isChange(args)) return this.client.send(key, args);
    const sent = this.client.send(key, args);
    // On one server, right behind it. In a cluster it is known afterwards only which node has made the change.
    const acknowledged = this.cluster === undefined ? this.#acknowledged(key) : undefined;
    acknowledged?.catch(ignore);
    return sent.then(async (reply) => {
      if (!hasChanged(reply)) return reply;
      const missing = this.#replicas - (await (acknowledged ?? this.#acknowledged(key)));
      return missing > 0 ? unreplicated(reply) : reply;
    });
  }

  /** How many replicas have what was sent to the node of this key. */
  async #acknowledged(key: string): Promise<number> {
    const name = nodeOfKey(this.client, key)?.name ?? '';
    let acknowledgements = this.#acknowledgements.get(name);
    if (acknowledgements === undefined) {
      acknowledgements = new Acknowledgements(async () => nodeOfKey(this.client, key)?.send(this.#wait) ?? 0);
      this.#acknowledgements.set(name, acknowledgements);
    }
    try {
      return await acknowledgements.next();
    } catch (thrown) {
      const { code, message, cause } = commandError(thrown);
      // Whatever became of the question, the change was made.
      throw new OAuthDatabaseError(code, message, { outcome: 'unknown', cause });
    }
  }
}

/** Whether it runs the script, and not only to ask for the time, or how long keys still live. */
function isChange(args: readonly string[]): boolean {
  const [command, script, keys] = args;
  const first = args[3 + Number(keys)];
  if (first === 'left' || first === TOO_LATE) return false;
  return command === 'EVALSHA' ? script === SCRIPT_SHA : command === 'EVAL' && script === SCRIPT;
}

function hasChanged(reply: unknown): boolean {
  if (!Array.isArray(reply)) return true;
  const [outcome, , ...more] = reply as readonly unknown[];
  if (outcome === 'joined') return more.some(hasChanged);
  return !UNCHANGED.has(String(outcome));
}

/** What the script would have returned, had it known: of several calls, those fail that have changed something. */
function unreplicated(reply: unknown): unknown {
  if (Array.isArray(reply) && reply[0] === 'joined') {
    const [joined, time, ...replies] = reply as readonly unknown[];
    const failed = ['error', time, 0, 'NOTREPLICATED by as many as there must be'];
    return [joined, time, ...replies.map((one) => (hasChanged(one) ? failed : one))];
  }
  throw new Error('NOTREPLICATED by as many as there must be');
}

function ignore(): void {
  // Whoever made the change is told.
}
