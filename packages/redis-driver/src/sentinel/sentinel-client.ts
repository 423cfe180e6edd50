import { OAuthDatabaseError } from '@oauthdb/core';
import type { ConnectionListener, RedisClient } from '../client.ts';
import type { MonitoredCommand, StopMonitoring } from '../monitored.ts';
import type { RedisSettings, SentinelSettings } from '../options.ts';
import type { RedisAddress } from '../url.ts';
import { Sentinels } from './sentinels.ts';

interface Master {
  readonly client: RedisClient;
  /** Whether it has said so itself, on this connection. */
  isMaster: boolean;
  isAsked: boolean;
  /** Whether the sentinels are putting another one in its place. */
  isHandingOver: boolean;
}

const NOBODY: ConnectionListener = { connected: () => {}, ready: () => {}, failed: () => {} };

/**
 * A client of the master that sentinels name, whichever it is.
 *
 * A server counts as the master once it says so itself (`ROLE`), on every new connection. When the sentinels name another one, the
 * connection is given up at once, whatever the old master says: it may not know yet that it is none any more. While they are putting
 * another one in its place nothing is sent, for what the old one acknowledges then is lost: whoever calls waits for the new one.
 */
export class SentinelClient implements RedisClient {
  readonly #connectTo: (address: RedisAddress) => RedisClient;
  readonly #sentinels: Sentinels;
  #master: Master | undefined;
  #listener: ConnectionListener = NOBODY;
  #isClosed = false;

  /** @param connect - makes a client of one server, a sentinel or not, which is connected when it is told to. */
  constructor(
    { name, sentinels, node }: SentinelSettings,
    connect: (settings: RedisSettings) => RedisClient,
  ) {
    this.#connectTo = (address) => connect(node(address));
    this.#sentinels = new Sentinels(sentinels.map(connect), name, {
      moved: (address) => this.#follow(address),
      confirmed: () => this.#confirm(),
      handingOver: () => this.#hold(),
      failed: (error) => {
        if (!this.isReady) this.#listener.failed(error);
      },
    });
  }

  get isReady(): boolean {
    return this.#master?.isMaster === true && this.#master.client.isReady;
  }

  send(key: string, args: readonly string[]): Promise<unknown> {
    if (this.#master !== undefined) return this.#master.client.send(key, args);
    return Promise.reject(new Error("The connection isn't ready"));
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  connect(): void {
    if (this.#isClosed) return;
    this.#sentinels.start();
    this.#master?.client.connect();
  }

  reconnect(): void {
    if (this.#isClosed) return;
    this.#sentinels.ask();
    if (this.#master === undefined) return;
    this.#master.isMaster = false;
    this.#master.client.reconnect();
  }

  close(): void {
    this.#isClosed = true;
    this.#sentinels.close();
    this.#master?.client.close();
  }

  /** Of the server that is the master now; of another one that follows it, nothing is told. */
  monitor(listener: (command: MonitoredCommand) => void): Promise<StopMonitoring> {
    const watching = this.#master?.client.monitor?.(listener);
    return watching ?? Promise.reject(new Error("The connection isn't ready"));
  }

  #follow(address: RedisAddress): void {
    if (this.#isClosed) return;
    const left = this.#master;
    const master: Master = {
      client: this.#connectTo(address),
      isMaster: false,
      isAsked: false,
      isHandingOver: false,
    };
    this.#master = master;
    const ifFollowed = (then: () => void) => (): void => {
      if (this.#master === master && !this.#isClosed) then();
    };
    master.client.listen({
      connected: ifFollowed(() => {
        master.isMaster = false;
        this.#listener.connected();
      }),
      ready: ifFollowed(() => void this.#ask(master)),
      failed: (error) => {
        master.isMaster = false;
        ifFollowed(() => this.#listener.failed(error))();
      },
    });
    master.client.connect();
    left?.client.close();
  }

  /** A server that was no master may have become one, or one that was handing over has not done so. */
  #confirm(): void {
    const master = this.#master;
    if (master === undefined) return;
    master.isHandingOver = false;
    if (!master.isMaster && !master.isAsked && master.client.isReady) void this.#ask(master);
  }

  #hold(): void {
    const master = this.#master;
    if (master === undefined || master.isHandingOver) return;
    master.isHandingOver = true;
    master.isMaster = false;
    this.#listener.failed(handover());
  }

  async #ask(master: Master): Promise<void> {
    master.isMaster = false;
    master.isAsked = true;
    let failure: unknown;
    try {
      const [role] = (await master.client.send('', ['ROLE'])) as readonly unknown[];
      if (master.isHandingOver) failure = handover();
      else if (role !== 'master') failure = new Error('READONLY it is a replica, whatever the sentinels say');
    } catch (error) {
      failure = error;
    }
    master.isAsked = false;
    if (this.#master !== master || this.#isClosed) return;
    // Where it is none, or hands over, it is asked again when the sentinels have been.
    master.isMaster = failure === undefined;
    if (failure === undefined) this.#listener.ready();
    else this.#listener.failed(failure);
  }
}

function handover(): OAuthDatabaseError {
  const message = 'the sentinels are putting another server in the place of the master';
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', message, { outcome: 'not_executed' });
}
