import type { Operation } from './operations.ts';
import { slice, type Slice } from './slice.ts';
import { quantile, spread, type Spread } from './statistics.ts';
import type { Group, Subject } from './subject.ts';

/** How long it is measured. */
export interface Effort {
  readonly rounds: number;
  readonly warmUps: number;
  /** How long a slice of the first subject takes; of the others as many calls, or fewer where they are much slower. */
  readonly sliceMs: number;
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
  const subjects = group.subjects.filter(({ calls }) => calls[operation] !== undefined);
  const counts = new Map<Subject, number>();
  let least = 0;
  for (const subject of subjects) {
    const us = await calibrate(group, subject, operation, inFlight);
    least ||= us;
    const fits = (effort.sliceMs * 1000) / Math.max(least, us / SLOWEST);
    counts.set(subject, Math.max(inFlight, Math.ceil(fits)));
  }
  const slices = new Map<Subject, Slice[]>(subjects.map((subject) => [subject, []]));
  for (let round = -effort.warmUps; round < effort.rounds; round++) {
    for (const subject of shuffled(subjects)) {
      const one = await slice(callOf(subject, operation), counts.get(subject) ?? 1, inFlight, group);
      if (round >= 0) slices.get(subject)?.push(one);
    }
  }
  const [first] = subjects;
  const baseline = first === undefined ? [] : (slices.get(first) ?? []);
  return subjects.map((subject): Row => {
    const own = slices.get(subject) ?? [];
    const all = Float64Array.from(own.flatMap(({ latencies }) => [...latencies])).toSorted();
    const ratioOf = (value: (one: Slice) => number): Spread =>
      spread(own.map((one, i) => value(baseline[i] ?? one) / value(one)));
    return {
      group: group.name,
      operation,
      inFlight,
      subject: subject.name,
      ratio: ratioOf(({ us }) => us),
      cpuRatio: ratioOf(({ clientCpu }) => clientCpu),
      perSecond: 1e6 / spread(own.map(({ us }) => us)).median,
      clientCpu: spread(own.map(({ clientCpu }) => clientCpu)).median,
      serverCpu: serverCpuOf(own),
      p50: quantile(all, 0.5),
      p99: quantile(all, 0.99),
    };
  });
}

/** Microseconds that a call takes, about. */
async function calibrate(
  group: Group,
  subject: Subject,
  operation: Operation,
  inFlight: number,
): Promise<number> {
  const call = callOf(subject, operation);
  await slice(call, inFlight, inFlight, group);
  return (await slice(call, Math.max(20, inFlight), inFlight, group)).us;
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

function callOf({ calls, name }: Subject, operation: Operation): (i: number) => unknown {
  const call = calls[operation];
  if (call === undefined) throw new TypeError(`${name} has no ${operation}`);
  return call;
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [order[i], order[k]] = [order[k] as T, order[i] as T];
  }
  return order;
}
