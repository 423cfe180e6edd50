import { randomUUID } from 'node:crypto';
import { startChild } from '../child.ts';
import { measured } from '../measured.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../row.ts';
import { redisStore, sqliteStore, type Store } from '../stores.ts';
import { openTarget } from '../target.ts';

const PROCESSES = 4;
/** Of each process for each code. */
const CALLERS = 5;

/** Four processes redeem the same codes, all at once. */
export async function* consumes({ consumes: calls, wanted }: Plan): AsyncGenerator<Row> {
  const fault = 'four processes redeem the same codes';
  const stores: readonly (readonly [string, () => Promise<Store>])[] = [
    ['ioredis', () => redisStore('ioredis')],
    ['node-redis', () => redisStore('node-redis')],
    ['sqlite', () => sqliteStore()],
  ];
  for (const [backend, start] of stores) {
    if (!wanted(fault, backend)) continue;
    await using store = await start();
    const codes = Math.ceil(calls / PROCESSES / CALLERS);
    const { result, stallMs, growthMb } = await measured(() => race(store, codes));
    const winners = result.flatMap(({ won }) => won);
    const failed = result.reduce((sum, one) => sum + one.failed, 0);
    yield {
      ...{ fault, backend, calls: codes * PROCESSES * CALLERS, settled: codes * PROCESSES * CALLERS },
      ...{ slowestMs: 0, failed, undead: 0, ghosts: 0, wrong: 0, malformed: 0, stallMs, growthMb },
      doubleSpends: winners.length - new Set(winners).size,
      lost: failed === 0 ? codes - new Set(winners).size : 0,
    };
  }
}

async function race(store: Store, codes: number): Promise<{ won: number[]; failed: number }[]> {
  const serverKeyPrefix = `${randomUUID()}:`;
  const db = openTarget(store.beside, { serverKeyPrefix, commandTimeout: 20_000 });
  const expires_at = new Date(Date.now() + 86_400_000);
  for (let i = 0; i < codes; i += 500) {
    const some = Array.from({ length: Math.min(500, codes - i) }, (_, n) => `code ${i + n}`);
    await Promise.all(some.map((code) => db.codes.store(code, { client_id: 'c', expires_at })));
  }
  await db.close();
  const words = [String(codes), String(CALLERS), serverKeyPrefix];
  const children = Array.from({ length: PROCESSES }, () => startChild('consume', store.beside, ...words));
  await Promise.all(children.map((child) => child.begun));
  for (const child of children) child.process.stdin?.end();
  const printed = await Promise.all(children.map((child) => child.printed));
  return printed.map(
    (text) => JSON.parse(text.trim().split('\n').at(-1) ?? '') as { won: number[]; failed: number },
  );
}
