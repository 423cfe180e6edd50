import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Measured<T> {
  readonly result: T;
  readonly stallMs: number;
  readonly growthMb: number;
}

const RESOLUTION_MS = 5;

/** Runs `work`, and measures for how long at a time it held the event loop up, and by how much the process grew. */
export async function measured<T>(work: () => Promise<T>): Promise<Measured<T>> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const result = await work();
  delay.disable();
  return {
    result,
    stallMs: Math.max(0, Math.round(delay.max / 1e6) - RESOLUTION_MS),
    growthMb: Math.max(0, Math.round((process.memoryUsage().rss - before) / 2 ** 20)),
  };
}
