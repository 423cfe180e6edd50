import type { Measured } from './operation.ts';
import type { Operation } from './operations/index.ts';
import { slice, type Slice } from './slice.ts';
import { quantile, spread, type Spread } from './statistics.ts';
import type { Group } from './subject.ts';

/** How long it is measured. */
export interface Effort {
  /** At the most, and at the least however long they take. */
  readonly rounds: number;
  readonly leastRounds: number;
  readonly warmUps: number;
  /** How long a slice of the first subject takes; of the others as many calls, or fewer where they are much slower. */
  readonly sliceMs: number;
  /** After so long no other round begins. */
  readonly budgetMs: number;
}

/** What came of one operation of one subject, with so many calls under way. */
export interface Row {
  readonly group: string;
  readonly operation: Operation;
  readonly inFlight: number;
  readonly subject: string;
  /** How many times as fast as the first subject of its group, round by round: by the clock, and by this process's CPU. */
  readonly ratio: Spread;
  readonly cpuRatio: Spread;
  readonly perSecond: number;
  /** Per call, in microseconds; `null` where there is no server. */
  readonly clientCpu: number;
  readonly serverCpu: number | null;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Slower subjects get fewer calls: never less than so many slices' worth of time. */
const SLOWEST = 5;

/** More calls than that are in no slice, lest what they store fills the memory. */
const MOST_CALLS = 4000;

/** Calls are counted by a slice of so many microseconds at the least, or of a thousand calls. */
const CALIBRATION_US = 2000;

/** One of the subjects that can do the operation. */
interface Runner {
  readonly subject: string;
  readonly measured: Measured;
  readonly count: number;
  readonly slices: Slice[];
}

/**
 * Measures an operation of all subjects that have it, in slices that take turns: in each round every subject once, in an order of
 * chance, so that what disturbs the machine disturbs all of them.
 */
export async function measure(
  group: Group,
  operation: Operation,
  inFlight: number,
  effort: Effort,
): Promise<Row[]> {
  const began = performance.now();
  const sliceOf = async (subject: string, measured: Measured, count: number): Promise<Slice> => {
    try {
      return await slice(measured, count, inFlight, group);
    } catch (cause) {
      throw new Error(`${group.name}: ${operation} of ${subject}`, { cause });
    }
  };
  const runners: Runner[] = [];
  let least = 0;
  for (const { name: subject, operations } of group.subjects) {
    const measured = operations[operation];
    if (measured === undefined || measured === null) continue;
    const us = await calibrate((count) => sliceOf(subject, measured, count), inFlight);
    least ||= us;
    const fits = Math.ceil((effort.sliceMs * 1000) / Math.max(least, us / SLOWEST));
    runners.push({ subject, measured, count: Math.max(inFlight, Math.min(fits, MOST_CALLS)), slices: [] });
  }
  for (let round = -effort.warmUps; round < effort.rounds; round++) {
    if (round >= effort.leastRounds && performance.now() - began > effort.budgetMs) break;
    for (const { subject, measured, count, slices } of shuffled(runners)) {
      const one = await sliceOf(subject, measured, count);
      if (round >= 0) slices.push(one);
    }
  }
  const baseline = runners[0]?.slices ?? [];
  return runners.map(({ subject, slices }): Row => {
    const all = Float64Array.from(slices.flatMap(({ latencies }) => [...latencies])).toSorted();
    const ratioOf = (value: (one: Slice) => number): Spread =>
      spread(slices.map((one, i) => value(baseline[i] ?? one) / value(one)));
    return {
      group: group.name,
      operation,
      inFlight,
      subject,
      ratio: ratioOf(({ us }) => us),
      cpuRatio: ratioOf(({ clientCpu }) => clientCpu),
      perSecond: 1e6 / spread(slices.map(({ us }) => us)).median,
      clientCpu: spread(slices.map(({ clientCpu }) => clientCpu)).median,
      serverCpu: serverCpuOf(slices),
      p50: quantile(all, 0.5),
      p99: quantile(all, 0.99),
    };
  });
}

/** Microseconds that a call takes, about. */
async function calibrate(sliceOf: (count: number) => Promise<Slice>, inFlight: number): Promise<number> {
  await sliceOf(inFlight);
  for (let count = Math.max(20, inFlight); ; count *= 4) {
    const { us } = await sliceOf(count);
    if (us * count >= CALIBRATION_US || count >= 1000) return us;
  }
}

/** The servers count their time in coarse steps: all slices together say more than each. */
function serverCpuOf(slices: readonly Slice[]): number | null {
  let [time, count] = [0, 0];
  for (const { serverCpu, latencies } of slices) {
    if (serverCpu === null) return null;
    time += serverCpu * latencies.length;
    count += latencies.length;
  }
  return time / count;
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [order[i], order[k]] = [order[k] as T, order[i] as T];
  }
  return order;
}
