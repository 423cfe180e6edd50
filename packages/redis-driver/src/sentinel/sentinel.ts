import { monotonicNow, OAuthDatabaseError } from '@oauthdb/core';
import type { RedisClient } from '../client.ts';
import { Connection } from '../connection.ts';
import { commandError } from '../errors.ts';
import { fieldsOf } from '../fields.ts';
import type { RedisAddress } from '../url.ts';

/** A sentinel that has not answered for so long is asked on another connection. */
export const PATIENCE_MS = 1000;

/** What a sentinel says of a master. */
export interface Named {
  readonly address: RedisAddress;
  /** Which of several failovers it knows of; the highest is the last. */
  readonly epoch: number;
  /** Whether it is putting another server in its place, and that one has not taken it yet. */
  readonly isHandingOver: boolean;
}

/** One of the sentinels. */
export class Sentinel {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #told: () => void;
  #isAsking = false;
  #isClosed = false;
  /** What it said last; `undefined` where it could not be asked, or has not been asked yet. */
  said: Named | undefined;
  /** Why it could not be asked, the last time. */
  failure: OAuthDatabaseError | undefined;

  /** @param told - called when there is something new in `said` or `failure`. */
  constructor(client: RedisClient, name: string, told: () => void) {
    this.#name = name;
    this.#told = told;
    this.#connection = new Connection(client, { made: () => {}, silenceMs: PATIENCE_MS });
  }

  /** Asks which server is the master, unless the last answer is still due. */
  ask(): void {
    if (!this.#isAsking && !this.#isClosed) void this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      if (!this.#connection.isReady) await this.#connection.ready(monotonicNow() + PATIENCE_MS);
      const send = (command: string): Promise<unknown> =>
        this.#connection.send('', ['SENTINEL', command, this.#name]);
      // In this order: the epoch of a failover may be known before the address is.
      this.said = named(...(await Promise.all([send('MASTER'), send('GET-MASTER-ADDR-BY-NAME')])));
      this.failure = undefined;
    } catch (error) {
      this.said = undefined;
      this.failure = commandError(error);
    }
    this.#isAsking = false;
    if (!this.#isClosed) this.#told();
  }
}

export function isSame(one: RedisAddress | undefined, other: RedisAddress | undefined): boolean {
  return one !== undefined && one.host === other?.host && one.port === other.port;
}

function addressOf(reply: unknown): RedisAddress | undefined {
  const [host, port] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (typeof host !== 'string' || !Number.isInteger(Number(port))) return undefined;
  return { host, port: Number(port) };
}

function named(master: unknown, reply: unknown): Named {
  const address = addressOf(reply);
  const fields = fieldsOf(master);
  const epoch = Number(fields.get('config-epoch'));
  const isFailingOver = String(fields.get('flags')).split(',').includes('failover_in_progress');
  // The flag stays while the replicas follow. The old master's fields do as well, while the address is the new one's already.
  const isHandingOver = isFailingOver && isSame(address, addressOf([fields.get('ip'), fields.get('port')]));
  if (address !== undefined && !Number.isNaN(epoch)) return { address, epoch, isHandingOver };
  throw new OAuthDatabaseError('OAUTHDB_CONFIG', 'what answers in place of a sentinel is none', {
    outcome: 'not_executed',
  });
}
