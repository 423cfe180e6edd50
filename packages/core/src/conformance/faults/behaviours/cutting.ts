import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
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

/** Cuts the connections after so many turns of the event loop. */
export async function cutAfter(t: FaultContext, turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
  await t.faults.cut();
}
