import type { Measured } from './operation.ts';
import type { Group } from './subject.ts';

/** What one slice of calls took. */
export interface Slice {
  /** Of wall time, per call, in microseconds. */
  readonly us: number;
  /** Of this process's CPU time. */
  readonly clientCpu: number;
  /** Of the servers' CPU time. */
  readonly serverCpu: number | null;
  /** Of each call, from its start to its answer, in milliseconds. */
  readonly latencies: Float64Array;
}

let calls = 0;

/**
 * Makes so many calls, so many of which are under way at any time.
 *
 * @throws Error if the last of them has not done what it should have: what is quick because it does nothing is not measured.
 */
export async function slice(
  { ready, call, isRight }: Measured,
  count: number,
  inFlight: number,
  group: Group,
): Promise<Slice> {
  const first = calls;
  const end = (calls += count);
  if (ready !== undefined) {
    await ready(first, end);
    clearAway();
  }
  const latencies = new Float64Array(count);
  let next = first;
  let answer: unknown;
  const worker = async (): Promise<void> => {
    while (next < end) {
      const i = next++;
      const began = performance.now();
      const answered = await call(i);
      latencies[i - first] = performance.now() - began;
      if (i === end - 1) answer = answered;
    }
  };
  const serverBefore = await group.serverCpu?.();
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const us = ((performance.now() - began) * 1000) / count;
  const { user, system } = process.cpuUsage(cpuBefore);
  const serverAfter = await group.serverCpu?.();
  const onServer =
    serverBefore === undefined || serverAfter === undefined ? null : serverAfter - serverBefore;
  if (!(await isRight(answer, end - 1))) throw new Error('a call has not done what it should have');
  return {
    us,
    clientCpu: (user + system) / count,
    serverCpu: onServer === null ? null : onServer / count,
    latencies,
  };
}

/** Collects what making ready has left, which is no part of what is measured. */
function clearAway(): void {
  const { gc } = globalThis as { gc?: (options: { type: 'minor' }) => void };
  gc?.({ type: 'minor' });
}
