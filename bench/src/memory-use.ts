import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { LIFE_MS } from './values.ts';
import type { Servers } from './subject.ts';

/**
 * What an entry takes besides its key and its value, in bytes: in this process besides the two strings, with their headers, and on
 * Redis, where no string is without an entry, besides their characters.
 */
export interface MemoryRow {
  readonly subject: string;
  readonly entries: number;
  readonly bytes: number;
}

/** Keys and values that nothing else holds, as they come from a request. */
const key = (i: number): string => `user_${String(i).padStart(8, '0')}`;
const token = (i: number): string => `${String(i).padStart(8, '0')}${'x'.repeat(282)}`;
const CHARACTERS = 13 + 290;

/** Needs `--expose-gc`; gives nothing of this process without. */
export async function memoryUse({ redis: at }: Servers, entries: number): Promise<MemoryRow[]> {
  const expiresAt = new Date(Date.now() + LIFE_MS);
  const rows: MemoryRow[] = [];
  const db = new MemoryOAuthDatabase();
  const store = new Keyv();
  const map = new Map<string, { readonly value: string; readonly at: number }>();
  const strings = Array.from<string>({ length: 2 * entries }).fill('');
  const alone = (i: number): void => {
    strings[2 * i] = flat(key(i));
    strings[2 * i + 1] = flat(token(i));
  };
  const own = (await grownBy(alone, entries)) ?? 0;
  strings.length = 0;
  const kept: readonly (readonly [string, (i: number) => unknown])[] = [
    ['Map', (i) => map.set(flat(key(i)), { value: flat(token(i)), at: i })],
    ['oauthdb, in memory', (i) => db.storeToken(flat(key(i)), flat(token(i)), expiresAt)],
    ['keyv', (i) => store.set(flat(key(i)), flat(token(i)), LIFE_MS)],
  ];
  for (const [subject, put] of kept) {
    const all = await grownBy(put, entries);
    if (all !== null) rows.push({ subject, entries, bytes: all - own });
  }
  await db.close();

  const redis = new Redis({ ...at, password: at.password ?? '' });
  const remote = new RedisOAuthDatabase({ ...at, keyPrefix: 'bench:memory:' });
  const usedThere = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await remote.storeToken('first', 'opens the connection', expiresAt);
  const before = await usedThere();
  for (let i = 0; i < entries; i += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, k) => remote.storeToken(key(i + k), token(i + k), expiresAt)),
    );
  }
  const bytes = ((await usedThere()) - before) / entries - CHARACTERS;
  rows.push({ subject: 'oauthdb, on Redis', entries, bytes });
  await remote.close();
  redis.disconnect();
  return rows;
}

/** The same text in one piece, as it comes from a socket. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** By how much this process grows with each, in bytes. */
async function grownBy(put: (i: number) => unknown, entries: number): Promise<number | null> {
  const before = used();
  for (let i = 0; i < entries; i++) await put(i);
  const after = used();
  return before === null || after === null ? null : (after - before) / entries;
}

/** What is alive on the heap and, in buffers, outside of it. */
function used(): number | null {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return null;
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
