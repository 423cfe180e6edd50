import type { Exported, OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { Redis } from 'ioredis';
import { bareExport, bareImport, bareScan } from './bare-bulk.ts';
import { tokensHeld, tokensIssued } from './generated.ts';
import { LIFE_MS, VALUE } from './values.ts';
import type { Servers } from './subject.ts';
import { watch, type LargeRow } from './watch.ts';

/** Stores, lists, exports and imports so many tokens on a server of its own, each beside a bare client that does the same. */
export async function large({ redis: at }: Servers, tokens: number): Promise<LargeRow[]> {
  const place = { ...at, commandTimeout: 30_000 };
  const open = (db: number): RedisOAuthDatabase =>
    new RedisOAuthDatabase({ ...place, db, keyPrefix: 'large:', serverKeyPrefix: 'large-issued:' });
  const connect = (db: number): Redis => new Redis({ ...at, db, password: at.password ?? '' });
  const [from, to, issued] = [open(0), open(1), open(2)];
  const [probe, bare, bareTo] = [connect(0), connect(0), connect(3)];
  await Promise.all([from.health(), to.health(), issued.health()]);
  const rows: LargeRow[] = [];
  const watched = async (what: string, work: () => Promise<void>, than?: string): Promise<void> => {
    const row = await watch(probe, { what, tokens }, work);
    const other = rows.find((one) => one.what === than);
    rows.push({ ...row, ratio: other === undefined ? null : other.seconds / row.seconds });
  };
  const all = async (counting: Promise<number>): Promise<void> => {
    const found = await counting;
    if (found < tokens) throw new Error(`found ${found} of ${tokens}`);
  };

  await watched('nothing', () => new Promise((resolve) => setTimeout(resolve, 1000)));
  await watched('storeTokens', () => storeAll(from, tokens));
  await watched('bare SCAN', () => all(bareScan(bare, 'large:')));
  await watched('scanTokens', () => all(count(from.scanTokens())), 'bare SCAN');
  await watched('bare SCAN, MGET, PTTL', () => all(bareExport(bare, 'large:')));
  const held = (): AsyncIterable<Exported> => from.export({ kinds: ['held'] });
  await watched('export', () => all(count(held())), 'bare SCAN, MGET, PTTL');
  // Each into a database that is empty.
  await watched('bare SET PXAT', () => bareImport(bareTo, 'large:', tokens));
  const imported = async (db: OAuthDatabase, records: AsyncIterable<Exported> | Iterable<Exported>) =>
    (await db.import(records)).stored;
  await watched('import', () => all(imported(to, tokensHeld(0, tokens))), 'bare SET PXAT');
  await watched(
    'import of what is issued',
    () => all(imported(issued, tokensIssued(0, tokens))),
    'bare SET PXAT',
  );
  await bareTo.flushdb('ASYNC');
  const again = open(3);
  await again.health();
  await watched('export and import', () => all(imported(again, held())));
  await Promise.all([from, to, issued, again].map((db) => db.close()));
  for (const client of [probe, bare, bareTo]) client.disconnect();
  return rows;
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
