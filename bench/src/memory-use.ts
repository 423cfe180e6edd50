import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { LIFE_MS } from './operations.ts';
import type { Servers } from './subject.ts';

/** What an entry takes besides its key and its value, in bytes. */
export interface MemoryRow {
  readonly subject: string;
  readonly entries: number;
  readonly bytes: number;
}

/** Keys and values that nothing else holds, as they come from a request. */
const key = (i: number): string => `user_${String(i).padStart(8, '0')}`;
const token = (i: number): string => `${String(i).padStart(8, '0')}${'x'.repeat(282)}`;
const OWN_BYTES = 13 + 290;

/** Needs `--expose-gc`; gives nothing of this process without. */
export async function memoryUse({ redis: at }: Servers, entries: number): Promise<MemoryRow[]> {
  const expiresAt = new Date(Date.now() + LIFE_MS);
  const rows: MemoryRow[] = [];
  const db = new MemoryOAuthDatabase();
  const store = new Keyv();
  const map = new Map<string, { readonly value: string; readonly at: number }>();
  const kept: readonly (readonly [string, (i: number) => unknown])[] = [
    ['Map', (i) => map.set(flat(key(i)), { value: flat(token(i)), at: i })],
    ['oauthdb, in memory', (i) => db.storeToken(flat(key(i)), flat(token(i)), expiresAt)],
    ['keyv', (i) => store.set(flat(key(i)), flat(token(i)), LIFE_MS)],
  ];
  for (const [subject, put] of kept) {
    const before = heap();
    for (let i = 0; i < entries; i++) await put(i);
    const after = heap();
    if (before === null || after === null) continue;
    rows.push({ subject, entries, bytes: (after - before) / entries - OWN_BYTES });
  }
  await db.close();

  const redis = new Redis({ ...at, password: at.password ?? '' });
  const remote = new RedisOAuthDatabase({ ...at, keyPrefix: 'bench:memory:' });
  const used = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await remote.storeToken('first', 'opens the connection', expiresAt);
  const before = await used();
  for (let i = 0; i < entries; i += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, k) => remote.storeToken(key(i + k), token(i + k), expiresAt)),
    );
  }
  const bytes = ((await used()) - before) / entries - OWN_BYTES;
  rows.push({ subject: 'oauthdb, on Redis', entries, bytes });
  await remote.close();
  redis.disconnect();
  return rows;
}

/** The same text in one piece, as it comes from a socket. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function heap(): number | null {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return null;
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
