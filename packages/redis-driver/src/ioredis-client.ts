import type { ClusterMap, ConnectionListener, RedisClient } from './client.ts';
import { Cork } from './cork.ts';
import { monitorIoredis, type MonitorsIoredis } from './ioredis-monitor.ts';
import type { MonitoredCommand, StopMonitoring } from './monitored.ts';

/** What is used of an ioredis client, of whichever version or copy: a `Redis` or a `Cluster`. */
export interface Ioredis {
  readonly status: string;
  call(command: string, args: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface IoredisClientOptions {
  /** Whether the client is ours, and connects lazily: it is connected when it is needed and closed at the end. */
  readonly isOurs: boolean;
  /**
   * The database of a client of ours, which itself is told of none: ioredis would call a connection ready although its server has
   * no such database, and write to database 0. Default 0.
   */
  readonly db?: number;
  readonly cluster?: ClusterMap;
  /** The clients whose sockets commands are written to. Default: the client itself. */
  readonly sockets?: () => readonly object[];
}

/** What ioredis lends to the driver. */
export class IoredisClient implements RedisClient {
  declare readonly cluster?: ClusterMap;
  readonly #ioredis: Ioredis;
  readonly #isOurs: boolean;
  readonly #db: number;
  #isSelected: boolean;
  #isClosed = false;
  readonly #cork: Cork;
  #stopListening = (): void => {};

  constructor(
    ioredis: Ioredis,
    { isOurs, db = 0, cluster, sockets = () => [ioredis] }: IoredisClientOptions,
  ) {
    this.#ioredis = ioredis;
    this.#isOurs = isOurs;
    this.#db = db;
    this.#isSelected = db === 0;
    this.#cork = new Cork(sockets);
    if (cluster !== undefined) this.cluster = cluster;
  }

  get isReady(): boolean {
    return this.#ioredis.status === 'ready' && this.#isSelected;
  }

  send(_key: string, args: readonly string[]): Promise<unknown> {
    this.#cork.sends();
    return callIoredis(this.#ioredis, args);
  }

  listen(listener: ConnectionListener): void {
    const failed = (error: unknown): void => listener.failed(error);
    const connected = (): void => listener.connected();
    const closed = (): void => {
      this.#isSelected = this.#db === 0;
    };
    const ready = (): void => {
      if (this.#isSelected) listener.ready();
      else void this.#select(listener);
    };
    this.#ioredis.on('connect', connected);
    this.#ioredis.on('error', failed);
    this.#ioredis.on('close', closed);
    this.#ioredis.on('ready', ready);
    this.#stopListening = () => {
      this.#ioredis.removeListener('connect', connected);
      this.#ioredis.removeListener('error', failed);
      this.#ioredis.removeListener('close', closed);
      this.#ioredis.removeListener('ready', ready);
    };
  }

  connect(): void {
    const { status } = this.#ioredis;
    // A lazy client would connect with any command. Ours ends where it cannot even try, as with a certificate that is none.
    const isDue = status === 'wait' || (status === 'end' && this.#isOurs && !this.#isClosed);
    if (isDue) this.#ioredis.connect().catch(ignore);
  }

  reconnect(): void {
    // The commands under way may be the application's; a cluster finds its masters by itself.
    if (this.#isOurs && this.cluster === undefined) this.#ioredis.disconnect(true);
  }

  close(): void {
    this.#isClosed = true;
    // Without a listener, errors would be printed.
    if (this.#isOurs) this.#ioredis.disconnect();
    else this.#stopListening();
  }

  monitor(listener: (command: MonitoredCommand) => void): Promise<StopMonitoring> {
    return monitorIoredis(this.#ioredis as Ioredis & MonitorsIoredis, listener);
  }

  async #select(listener: ConnectionListener): Promise<void> {
    try {
      // In capitals, for ioredis remembers a lower-case one whatever the server answers.
      await this.#ioredis.call('SELECT', [String(this.#db)]);
      this.#isSelected = true;
      if (this.isReady) listener.ready();
    } catch (error) {
      listener.failed(error);
      if (!this.#isClosed) this.#ioredis.disconnect(true);
    }
  }
}

/** Sends a command by ioredis. */
export function callIoredis(ioredis: Pick<Ioredis, 'call'>, args: readonly string[]): Promise<unknown> {
  // A command has a name. ioredis flattens its arguments; spread, thousands of them would not fit the stack.
  return ioredis.call(args[0] as string, args.slice(1));
}

function ignore(): void {
  // The event `error` tells it too.
}
