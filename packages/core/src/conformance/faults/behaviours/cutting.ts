import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultContext } from '../context.ts';

/** Runs `work` while the connections are cut every so often. */
export async function whileCut<T>(t: FaultContext, work: () => Promise<T>, everyMs = 60): Promise<T> {
  const over = new AbortController();
  const cutting = (async () => {
    while (!over.signal.aborted) {
      await sleep(everyMs);
      await t.faults.cut();
    }
  })();
  try {
    return await work();
  } finally {
    over.abort();
    await cutting;
  }
}
