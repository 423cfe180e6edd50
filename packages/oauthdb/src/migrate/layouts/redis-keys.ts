import { setTimeout as delay } from 'node:timers/promises';
import { isOAuthDatabaseError, monotonicNow } from '@oauthdb/core';
import type { Inspector } from '@oauthdb/redis-driver';
import type { Content, Found } from './found.ts';

const OTHER: Content = { type: 'other' };

/** What `PTTL` and `TYPE` say of a key that is not there. */
const GONE = -2;
const NONE = 'none';

/** How many keys one `SCAN` looks at: as a listing does. */
const SCAN_COUNT = '500';

/** How many are held at a time. */
const PIECE = 100;

/** How long to wait before the same is asked again. */
const PAUSE_MS = 50;

/** Reads the keys that begin with a prefix, and only reads. */
export class RedisKeys {
  readonly #inspector: Inspector;
  readonly #prefix: string;
  readonly #fields: readonly string[];
  readonly #timeoutMs: number;

  /** @param fields - of hashes, which ones; none: hashes are of no interest. */
  constructor(inspector: Inspector, prefix: string, fields: readonly string[], timeoutMs: number) {
    this.#inspector = inspector;
    this.#prefix = prefix;
    this.#fields = fields;
    this.#timeoutMs = timeoutMs;
  }

  async *pieces(): AsyncGenerator<Found[], void, undefined> {
    for await (const page of this.#pages()) {
      const keys = [...new Set(page)];
      for (let i = 0; i < keys.length; i += PIECE) {
        const piece = keys.slice(i, i + PIECE);
        yield await this.#persistently(() => this.#read(piece));
      }
    }
  }

  async *#pages(): AsyncGenerator<readonly string[], void, undefined> {
    // Only where there is a Redis to ask.
    const { escapeGlob } = await import('@oauthdb/redis-driver');
    const pattern = `${escapeGlob(this.#prefix)}*`;
    let [place, cursor, seen] = [0, '0', ''];
    const scan = async (): Promise<readonly [string, readonly string[]] | null> => {
      const nodes = await this.#inspector.nodes();
      const names = nodes.map(({ name }) => name).join(',');
      // When the masters changed keys may have moved back: all over again.
      if (names !== seen) [place, cursor, seen] = [0, '0', names];
      const reply = await nodes[place]?.send('SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      return reply === undefined ? null : (reply as readonly [string, readonly string[]]);
    };
    for (;;) {
      const page = await this.#persistently(scan);
      if (page === null) return;
      yield page[1];
      cursor = page[0];
      if (cursor === '0') place++;
    }
  }

  async #read(keys: readonly string[]): Promise<Found[]> {
    const types = await Promise.all(keys.map((key) => this.#ask(key, 'TYPE')));
    // Before it is asked how long they live: none may live longer than it did.
    const now = Date.now();
    const found = await Promise.all(
      keys.map(async (key, i): Promise<Found | null> => {
        const reading = this.#content(key, types[i]);
        const [life, content] = await Promise.all([this.#ask(key, 'PTTL'), reading]);
        if (content === null || (life === GONE && types[i] !== NONE)) return null;
        const name = key.slice(this.#prefix.length);
        return { name, content, endsAt: typeof life === 'number' && life >= 0 ? now + life : null };
      }),
    );
    return found.filter((one) => one !== null);
  }

  /** `null` for what is gone by now. */
  async #content(key: string, type: unknown): Promise<Content | null> {
    if (type === 'string') {
      const text = await this.#ask(key, 'GET');
      return typeof text === 'string' ? { type, text } : null;
    }
    if (type === 'hash' && this.#fields.length > 0) {
      const fields = (await this.#ask(key, 'HMGET', ...this.#fields)) as (string | null)[];
      return fields.every((field) => field === null) ? OTHER : { type, fields };
    }
    // A key that is no text cannot be asked for, as if it were gone.
    return type === NONE && !key.includes('\uFFFD') ? null : OTHER;
  }

  #ask(key: string, command: string, ...more: readonly string[]): Promise<unknown> {
    return this.#inspector.sendFor(key, command, key, ...more);
  }

  /** Asks again, for as long as a call may take: to read twice does no harm. */
  async #persistently<T>(work: () => Promise<T>): Promise<T> {
    const until = monotonicNow() + this.#timeoutMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!mayPass(error) || monotonicNow() > until) throw error;
        await delay(PAUSE_MS);
      }
    }
  }
}

/** A key whose type is not what it was a moment ago has been put anew. */
function mayPass(error: unknown): boolean {
  return isOAuthDatabaseError(error) && (error.retryable || error.code === 'OAUTHDB_CORRUPT');
}
