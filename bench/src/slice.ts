import type { Call, Group } from './subject.ts';

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

/** Makes so many calls, so many of which are under way at any time. */
export async function slice(call: Call, count: number, inFlight: number, group: Group): Promise<Slice> {
  const latencies = new Float64Array(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      const began = performance.now();
      await call(calls++);
      latencies[at] = performance.now() - began;
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
  return {
    us,
    clientCpu: (user + system) / count,
    serverCpu: onServer === null ? null : onServer / count,
    latencies,
  };
}
