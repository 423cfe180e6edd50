import { monotonicNow } from '@oauthdb/core';
import type {
  BackendInfo,
  Change,
  Committed,
  Driver,
  Entry,
  Finding,
  Guarantees,
  Moment,
  Page,
  PageRequest,
  Supports,
  Take,
  Taken,
  Where,
} from '@oauthdb/core';
import { commitInOneStep, slotsOf } from './change.ts';
import { checkServers, describeServers, type Asked } from './checks/check.ts';
import type { AskKey } from './checks/permissions.ts';
import type { RedisClient } from './client.ts';
import { DEFAULT_DURABILITY, durable, guaranteesOf, type Durability } from './durability.ts';
import { HashReadingDriver } from './hash-reading-driver.ts';
import { listMembers, listPrefix } from './listing.ts';
import { Operations } from './operations.ts';
import { commitInOrder } from './ordered.ts';
import { Runner } from './runner.ts';
import type { ScriptReply } from './script.ts';
import { slotOf } from './slot.ts';

export interface RedisDriverOptions {
  /**
   * Whether a change may span keys. Default: not in a cluster. True there if all prefixes have one hash tag, so that everything
   * is in one slot (see {@link inOneSlot}).
   */
  readonly transactions?: boolean;
  /** When a change is acknowledged. Default: when the server has made it. */
  readonly durability?: Durability;
  /**
   * After so many milliseconds without the answers that are due, and twice as many at the most, the client is told to reconnect:
   * for clients that would wait as long as the system does. Default: never.
   */
  readonly silenceMs?: number;
  /**
   * Whether calls that are made while others are under way are joined: reads of one turn of the event loop become one `MGET`, changes
   * one call of the script, in a cluster one per slot. The answers are the same. Default `true`.
   */
  readonly coalescing?: boolean;
}

/**
 * One {@link Driver} for every Redis client: whatever lends a {@link RedisClient}.
 *
 * Every change is one call of one script, in a cluster one per slot; every read is one command. Entries expire by the server's
 * clock, as long after they were written as their expiry was away by core's.
 */
export class RedisDriver implements Driver {
  readonly name: string;
  readonly supports: Supports;
  readonly guarantees: Guarantees;
  readonly #client: RedisClient;
  readonly #runner: Runner;

  constructor(lent: RedisClient, options: RedisDriverOptions = {}) {
    const { durability = DEFAULT_DURABILITY } = options;
    const client = durable(lent, durability);
    this.guarantees = guaranteesOf(durability);
    const { transactions = client.cluster === undefined, coalescing = true, silenceMs } = options;
    this.name = client.cluster === undefined ? 'redis' : 'redis-cluster';
    this.supports = { transactions, permanence: true, clock: false, scan: true };
    this.#client = client;
    this.#runner = new Runner(client, { coalescing, silenceMs });
  }

  read(keys: readonly string[], at: Moment): Promise<(Entry | null)[]> {
    const [key] = keys;
    if (key === undefined || keys.length > 1) return this.#readMany(keys, at);
    return this.#runner.read(keys, at);
  }

  timeLeft(keys: readonly string[], at: Moment): Promise<(number | null)[]> {
    const [key] = keys;
    if (key !== undefined && keys.length === 1) return this.#runner.timeLeft(key, at);
    return Promise.all(keys.map((one) => this.#runner.timeLeft(one, at))).then((all) => all.flat());
  }

  take(take: Take, at: Moment): Promise<Taken> {
    const operations = new Operations();
    operations.take(take);
    operations.mark(true);
    return this.#runner.run(operations, at).then(taken);
  }

  commit(change: Change, at: Moment): Promise<Committed> {
    if (this.#client.cluster === undefined || slotsOf(change).size <= 1) {
      return commitInOneStep(change, at, this.#runner);
    }
    return commitInOrder(change, at, this.#runner);
  }

  list(where: Where, page: PageRequest, at: Moment): Promise<Page> {
    if ('tag' in where) return listMembers(where.tag, page, at, this.#runner);
    return listPrefix(where.prefix, page, at, this.#runner, this.#client.cluster);
  }

  withHashes(prefix: string): Driver {
    return new HashReadingDriver(this, this.#runner, prefix);
  }

  async describe(at: Moment): Promise<BackendInfo> {
    return describeServers(await this.#servers(at));
  }

  async check(prefixes: readonly string[], at: Moment): Promise<Finding[]> {
    const began = { now: at.now, monotonic: monotonicNow() };
    const askKey: AskKey = (key, args) => this.#runner.send(key, args, at);
    return checkServers(await this.#servers(at), prefixes, askKey, began);
  }

  async close(): Promise<void> {
    this.#runner.close();
  }

  async #servers(at: Moment): Promise<Asked[]> {
    const { cluster } = this.#client;
    if (cluster === undefined) return [{ name: '', ask: (args) => this.#runner.send('', args, at) }];
    await this.#runner.ready(at);
    return cluster.masters().map((node) => ({
      name: node.name,
      ask: (args) => this.#runner.sendTo(node, args),
    }));
  }

  async #readMany(keys: readonly string[], at: Moment): Promise<(Entry | null)[]> {
    const found = new Map<string, Entry | null>();
    const read = async (some: readonly string[]): Promise<void> => {
      const entries = await this.#runner.read(some, at);
      for (const [i, name] of some.entries()) found.set(name, entries[i] ?? null);
    };
    await Promise.all(this.#bySlot(keys).map(read));
    return keys.map((name) => found.get(name) ?? null);
  }

  /** The keys that one command may name together. */
  #bySlot(keys: readonly string[]): (readonly string[])[] {
    if (this.#client.cluster === undefined) return [keys];
    const groups = new Map<number, string[]>();
    for (const key of keys) {
      const group = groups.get(slotOf(key));
      if (group === undefined) groups.set(slotOf(key), [key]);
      else group.push(key);
    }
    return [...groups.values()];
  }
}

function taken({ outcome, value }: ScriptReply): Taken {
  if (outcome === 'refused' || outcome === 'absent') return { status: outcome };
  return { status: outcome === 'used' ? 'used' : 'taken', value };
}
