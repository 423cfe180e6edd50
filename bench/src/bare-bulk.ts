import type { Redis } from 'ioredis';
import { LIFE_MS, VALUE } from './values.ts';

/** How many keys one page, or one pipeline, is about. */
const PAGE = 1000;

/** How many pipelines are under way. */
const PIPELINES = 4;

/** Stores so many tokens as fast as a bare client can: pipelines of a thousand, several of them under way. */
export async function bareImport(redis: Redis, prefix: string, tokens: number): Promise<void> {
  const end = Date.now() + LIFE_MS;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tokens) {
      const first = next;
      next += PAGE;
      const pipeline = redis.pipeline();
      for (let i = first; i < Math.min(tokens, first + PAGE); i++) {
        pipeline.set(`${prefix}user_${i}`, VALUE, 'PXAT', end);
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    }
  };
  await Promise.all(Array.from({ length: PIPELINES }, worker));
}

/** Lists the keys that begin with a prefix as a bare client does: how many there were. */
export async function bareScan(redis: Redis, prefix: string): Promise<number> {
  let count = 0;
  for await (const keys of pages(redis, prefix)) count += keys.length;
  return count;
}

/** Reads all that is under a prefix, and when it ends: how many there were. The next page is asked for while one is read. */
export async function bareExport(redis: Redis, prefix: string): Promise<number> {
  let count = 0;
  for await (const keys of pages(redis, prefix)) {
    if (keys.length === 0) continue;
    const pipeline = redis.pipeline().mget(keys);
    for (const key of keys) pipeline.pttl(key);
    const [[, values] = [], ...lives] = (await pipeline.exec()) ?? [];
    for (const [i, value] of (values as (string | null)[]).entries()) {
      const record = {
        kind: 'held',
        key: keys[i]?.slice(prefix.length),
        value,
        expires_at: new Date(Date.now() + Number(lives[i]?.[1])).toISOString(),
      };
      if (record.value !== null) count++;
    }
  }
  return count;
}

async function* pages(redis: Redis, prefix: string): AsyncGenerator<string[], void, undefined> {
  const scan = (cursor: string): Promise<[string, string[]]> =>
    redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', PAGE);
  for (let next = scan('0'); ;) {
    const [cursor, keys] = await next;
    if (cursor !== '0') next = scan(cursor);
    yield keys;
    if (cursor === '0') return;
  }
}
