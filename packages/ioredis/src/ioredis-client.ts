import type { ConnectionListener, RedisClient } from '@oauthdb/redis-driver';

/** What this package uses of an ioredis client, of whichever version or copy. */
export interface Ioredis {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: { readonly keyPrefix?: string | undefined };
  call(command: string, ...args: readonly (string | string[])[]): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
  on(event: string, listener: (...args: never[]) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
}

/** An ioredis client of our own, which is connected when it is needed and closed at the end. */
export class OwnIoredisClient implements RedisClient {
  readonly #redis: Ioredis;
  readonly #db: number;
  #isSelected: boolean;
  #isClosed = false;

  /**
   * @param redis - connects lazily and to database 0.
   * @param db - the database to change to. ioredis would call a connection ready although its server has no such database, and
   * write to database 0.
   */
  constructor(redis: Ioredis, db: number) {
    this.#redis = redis;
    this.#db = db;
    this.#isSelected = db === 0;
  }

  get isReady(): boolean {
    return this.#redis.status === 'ready' && this.#isSelected;
  }

  send(_key: string, args: readonly string[]): Promise<unknown> {
    return call(this.#redis, args);
  }

  listen(listener: ConnectionListener): void {
    this.#redis.on('error', (error: unknown) => listener.failed(error));
    this.#redis.on('close', () => (this.#isSelected = this.#db === 0));
    this.#redis.on('ready', () => {
      if (this.#isSelected) listener.ready();
      else void this.#select(listener);
    });
  }

  connect(): void {
    const { status } = this.#redis;
    // It ends where it cannot even try, as with a certificate that is none.
    if (!this.#isClosed && (status === 'wait' || status === 'end')) this.#redis.connect().catch(ignore);
  }

  reconnect(): void {
    this.#redis.disconnect(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#redis.disconnect();
  }

  async #select(listener: ConnectionListener): Promise<void> {
    try {
      // In capitals, for ioredis remembers a lower-case one whatever the server answers.
      await this.#redis.call('SELECT', String(this.#db));
      this.#isSelected = true;
      if (this.isReady) listener.ready();
    } catch (error) {
      listener.failed(error);
      if (!this.#isClosed) this.#redis.disconnect(true);
    }
  }
}

/** An ioredis client of the application's, which it connects, sets up and closes. */
export class GivenIoredisClient implements RedisClient {
  readonly #redis: Ioredis;
  #stopListening = (): void => {};

  constructor(redis: Ioredis) {
    this.#redis = redis;
  }

  get isReady(): boolean {
    return this.#redis.status === 'ready';
  }

  send(_key: string, args: readonly string[]): Promise<unknown> {
    return call(this.#redis, args);
  }

  listen(listener: ConnectionListener): void {
    const ready = (): void => listener.ready();
    const failed = (error: unknown): void => listener.failed(error);
    this.#redis.on('ready', ready);
    this.#redis.on('error', failed);
    this.#stopListening = () => {
      this.#redis.removeListener('ready', ready);
      this.#redis.removeListener('error', failed);
    };
  }

  connect(): void {
    // As any command would.
    if (this.#redis.status === 'wait') this.#redis.connect().catch(ignore);
  }

  reconnect(): void {
    // The commands under way may be the application's.
  }

  close(): void {
    this.#stopListening();
  }
}

function call(redis: Ioredis, [command = '', ...args]: readonly string[]): Promise<unknown> {
  // ioredis flattens its arguments; spread, thousands of them would not fit the stack.
  return redis.call(command, args);
}

function ignore(): void {
  // The event `error` tells it too.
}
