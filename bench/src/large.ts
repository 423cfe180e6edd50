import type { OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { Redis } from 'ioredis';
import { LIFE_MS, VALUE } from './operations.ts';
import { quantile } from './statistics.ts';
import type { Servers } from './subject.ts';

/** What went over many tokens at once, and how others fared meanwhile. */
export interface LargeRow {
  readonly what: string;
  readonly tokens: number;
  readonly seconds: number;
  /** Of the server's commands, in milliseconds. */
  readonly longestCommand: number;
  /** Of reads of one key on another connection, one after the other, in milliseconds. */
  readonly othersP99: number;
  /** By how much this process's heap grew at the most, in MB. */
  readonly heap: number;
}

/** Stores, lists, exports and imports so many tokens on a server of its own. */
export async function large({ redis: at }: Servers, tokens: number): Promise<LargeRow[]> {
  const place = { ...at, commandTimeout: 30_000 };
  const from = new RedisOAuthDatabase({ ...place, keyPrefix: 'large:', serverKeyPrefix: 'large-issued:' });
  const to = new RedisOAuthDatabase({ ...place, keyPrefix: 'copy:', serverKeyPrefix: 'copy-issued:' });
  const probe = new Redis({ ...at, password: at.password ?? '' });
  const watched = (what: string, work: () => Promise<void>): Promise<LargeRow> =>
    watch(probe, { what, tokens }, work);
  const rows = [
    await watched('nothing', () => new Promise((resolve) => setTimeout(resolve, 1000))),
    await watched('storeTokens', () => storeAll(from, tokens)),
    await watched('scanTokens', async () => {
      const listed = await count(from.scanTokens());
      if (listed < tokens) throw new Error(`listed ${listed} of ${tokens}`);
    }),
    await watched('export', async () => void (await count(from.export({ kinds: ['held'] })))),
    await watched('export and import', async () => {
      await to.import(from.export({ kinds: ['held'] }), { mode: 'replace' });
    }),
  ];
  await Promise.all([from.close(), to.close()]);
  probe.disconnect();
  return rows;
}

async function watch(
  probe: Redis,
  { what, tokens }: Pick<LargeRow, 'what' | 'tokens'>,
  work: () => Promise<void>,
): Promise<LargeRow> {
  await probe.config('SET', 'slowlog-log-slower-than', '100', 'slowlog-max-len', '100000');
  await probe.slowlog('RESET');
  const latencies: number[] = [];
  let [ends, heap] = [false, 0];
  const before = process.memoryUsage().heapUsed;
  const watching = (async () => {
    for (;;) {
      const began = performance.now();
      await probe.get('large:probe');
      latencies.push(performance.now() - began);
      heap = Math.max(heap, process.memoryUsage().heapUsed - before);
      if (ends) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  ends = true;
  await watching;
  const slow = (await probe.slowlog('GET', '-1')) as [id: number, at: number, us: number][];
  return {
    what,
    tokens,
    seconds,
    longestCommand: Math.max(0, ...slow.map(([, , us]) => us)) / 1000,
    othersP99: quantile(Float64Array.from(latencies).toSorted(), 0.99),
    heap: heap / 1e6,
  };
}

async function storeAll(db: OAuthDatabase, tokens: number): Promise<void> {
  const expiresAt = new Date(Date.now() + LIFE_MS);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tokens) {
      const first = next;
      next += 500;
      const length = Math.min(500, tokens - first);
      await db.storeTokens(
        Array.from({ length }, (_, i) => ({ key: `user_${first + i}`, token: VALUE, expiresAt })),
      );
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let length = 0;
  for await (const _ of items) length++;
  return length;
}
