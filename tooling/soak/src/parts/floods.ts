import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from '../child.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../row.ts';
import { redisStore } from '../stores.ts';

interface Flood {
  readonly calls: number;
  readonly settled: number;
  readonly slowestMs: number;
  readonly refused: number;
  readonly refusedMs: number;
  readonly served: number;
  readonly malformed: number;
  readonly stallMs: number;
  readonly growthMb: number;
}

/** Callers that wait for nobody, while the store is in a black hole. */
export async function* floods({ faultMs, wanted }: Plan): AsyncGenerator<Row> {
  for (const backend of ['ioredis', 'node-redis'] as const) {
    const fault = '64 callers that never wait, black hole';
    if (!wanted(fault, backend)) continue;
    await using store = await redisStore(backend);
    const ms = Math.min(8000, 3 * faultMs);
    const child = startChild('flood', store.through, String(ms));
    await child.begun;
    const hole = store.faults['black hole']?.(ms);
    await sleep(50);
    child.process.stdin?.end();
    const flood = JSON.parse((await child.printed).trim().split('\n').at(-1) ?? '') as Flood;
    await hole;
    const { calls, settled, malformed, stallMs, growthMb } = flood;
    yield {
      ...{
        fault,
        backend,
        calls,
        settled,
        slowestMs: Math.round(flood.slowestMs),
        failed: calls - flood.served,
      },
      ...{ lost: 0, undead: 0, ghosts: 0, wrong: 0, doubleSpends: 0, malformed, stallMs, growthMb },
    };
  }
}
