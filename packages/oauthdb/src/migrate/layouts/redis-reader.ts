import type { Inspector } from '@oauthdb/redis-driver';
import { inspect, type InspectOptions } from '../../inspect.ts';
import type { Found, Reader } from './found.ts';
import { RedisKeys } from './redis-keys.ts';

export interface RedisReaderOptions {
  readonly url: string;
  readonly prefix: string;
  /** Of hashes, which ones. */
  readonly fields: readonly string[];
  readonly redis: InspectOptions['redis'];
  readonly commandTimeout: number;
}

/** Reads the keys of a Redis, to which it connects when it is asked for the first. */
export class RedisReader implements Reader {
  readonly #options: RedisReaderOptions;
  #inspecting: Promise<Inspector> | undefined;

  constructor(options: RedisReaderOptions) {
    this.#options = options;
  }

  async *pieces(): AsyncGenerator<readonly Found[], void, undefined> {
    const { url, prefix, fields, redis, commandTimeout } = this.#options;
    this.#inspecting ??= inspect(url, { redis, commandTimeout }) as Promise<Inspector>;
    yield* new RedisKeys(await this.#inspecting, prefix, fields, commandTimeout).pieces();
  }

  async close(): Promise<void> {
    await (await this.#inspecting)?.close();
  }
}
