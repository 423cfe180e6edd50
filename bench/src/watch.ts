import type { Redis } from 'ioredis';
import { quantile } from './statistics.ts';
import { cpuOf } from './subjects/server-cpu.ts';

/** What went over many tokens at once, and how others fared meanwhile. */
export interface LargeRow {
  readonly what: string;
  readonly tokens: number;
  readonly seconds: number;
  /** How many times as fast as the bare client that does the same; `null` where nothing is compared. */
  readonly ratio: number | null;
  /** Per token, in microseconds: of this process and of the server. */
  readonly clientCpu: number;
  readonly serverCpu: number;
  /** Of the server's commands, in milliseconds. */
  readonly longestCommand: number;
  /** Of reads of one key on another connection, one after the other, in milliseconds. */
  readonly othersP99: number;
  /** By how much this process's heap grew at the most, in MB. */
  readonly heap: number;
}

/** Does some work while a connection of its own reads one key again and again. */
export async function watch(
  probe: Redis,
  { what, tokens }: Pick<LargeRow, 'what' | 'tokens'>,
  work: () => Promise<void>,
): Promise<LargeRow> {
  await probe.config('SET', 'slowlog-log-slower-than', '100', 'slowlog-max-len', '100000');
  await probe.slowlog('RESET');
  const latencies: number[] = [];
  let [ends, heap] = [false, 0];
  const before = process.memoryUsage().heapUsed;
  const watching = (async () => {
    for (;;) {
      const began = performance.now();
      await probe.get('large:probe');
      latencies.push(performance.now() - began);
      heap = Math.max(heap, process.memoryUsage().heapUsed - before);
      if (ends) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const serverBefore = await cpuOf([probe]);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const serverAfter = await cpuOf([probe]);
  ends = true;
  await watching;
  const slow = (await probe.slowlog('GET', '-1')) as [id: number, at: number, us: number][];
  return {
    what,
    tokens,
    seconds,
    ratio: null,
    clientCpu: (user + system) / tokens,
    serverCpu: (serverAfter - serverBefore) / tokens,
    longestCommand: Math.max(0, ...slow.map(([, , us]) => us)) / 1000,
    othersP99: quantile(Float64Array.from(latencies).toSorted(), 0.99),
    heap: heap / 1e6,
  };
}
