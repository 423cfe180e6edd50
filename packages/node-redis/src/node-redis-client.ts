import {
  parseMonitored,
  type ConnectionListener,
  type MonitoredCommand,
  type RedisClient,
  type StopMonitoring,
} from '@oauthdb/redis-driver';

/** What this package uses of a node-redis client, of whichever version or copy. */
export interface NodeRedis {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  sendCommand(args: string[], options?: NodeRedisCommandOptions): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface NodeRedisCommandOptions {
  readonly timeout?: number;
  readonly typeMapping?: Record<string, never>;
}

/** What only a client of our own is used for. */
interface MonitorsNodeRedis {
  monitor(listener: (line: unknown) => void): Promise<unknown>;
}

/** A node-redis client of our own, which is connected when it is needed and closed at the end. */
export class OwnNodeRedisClient implements RedisClient {
  readonly #create: () => NodeRedis;
  #client: NodeRedis;
  #listener: ConnectionListener | undefined;
  #isClosed = false;

  constructor(create: () => NodeRedis) {
    this.#create = create;
    this.#client = create();
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  send(_key: string, args: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand(args as string[]);
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    this.#listenTo(this.#client);
  }

  connect(): void {
    if (!this.#isClosed && !this.#client.isOpen) this.#client.connect().catch(ignore);
  }

  /** With a new client: one that is destroyed and connected again may go on with the attempt it was at, too. */
  reconnect(): void {
    if (this.#isClosed) return;
    const old = this.#client;
    this.#client = this.#create();
    this.#listenTo(this.#client);
    this.connect();
    destroy(old);
  }

  close(): void {
    this.#isClosed = true;
    destroy(this.#client);
  }

  async monitor(listener: (command: MonitoredCommand) => void): Promise<StopMonitoring> {
    const client = this.#create();
    client.on('error', ignore);
    try {
      await client.connect();
      await (client as NodeRedis & Partial<MonitorsNodeRedis>).monitor?.((line) => {
        const command = parseMonitored(String(line));
        if (command !== null) listener(command);
      });
    } catch (error) {
      destroy(client);
      throw error;
    }
    return () => destroy(client);
  }

  #listenTo(client: NodeRedis): void {
    client.on('connect', () => {
      if (client === this.#client) this.#listener?.connected();
    });
    client.on('ready', () => {
      if (client === this.#client) this.#listener?.ready();
    });
    // Without a listener the first error would end the process.
    client.on('error', (error: unknown) => {
      if (client !== this.#client || this.#isClosed) return;
      this.#listener?.failed(error);
      // Replies that make no sense: what comes after would be given to the wrong callers.
      if (client.isReady && !isReply(error)) this.reconnect();
    });
  }
}

/** A node-redis client of the application's, which it connects, sets up and closes. */
export class GivenNodeRedisClient implements RedisClient {
  readonly #client: NodeRedis;
  #stopListening = (): void => {};

  constructor(client: NodeRedis) {
    this.#client = client;
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  send(_key: string, args: readonly string[]): Promise<unknown> {
    // It may be set up to give buffers.
    return this.#client.sendCommand(args as string[], { typeMapping: {} });
  }

  listen(listener: ConnectionListener): void {
    // It is the application's to give a connection up.
    const ready = (): void => listener.ready();
    const failed = (error: unknown): void => listener.failed(error);
    this.#client.on('ready', ready);
    this.#client.on('error', failed);
    this.#stopListening = () => {
      this.#client.off('ready', ready);
      this.#client.off('error', failed);
    };
  }

  connect(): void {
    // Nobody may do that twice, and the application will.
  }

  reconnect(): void {
    // The commands under way may be the application's.
  }

  close(): void {
    this.#stopListening();
  }
}

/** Whether the server said it, in answer to a command: the connection is sound then. */
function isReply(error: unknown): boolean {
  return error instanceof Error && /^[A-Z]{2,} /.test(error.message);
}

function destroy(client: NodeRedis): void {
  try {
    client.destroy();
  } catch {
    // Some versions throw where nothing is open.
  }
}

function ignore(): void {
  // The event `error` tells it too.
}
