import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';
import type { GrowthRow } from './growth.ts';
import type { LargeRow } from './watch.ts';
import type { MemoryRow } from './memory-use.ts';
import type { Row } from './measure.ts';

/** What a run found, as it is kept in a file. */
export interface Report {
  readonly format: 1;
  readonly at: string;
  /** Whether the run came to its end; else it has what was found until then. */
  readonly isFinished: boolean;
  readonly node: string;
  readonly machine: string;
  /** The load of the last minute before the run, of that many CPUs. */
  readonly load: number;
  readonly cpus: number;
  readonly rows: readonly Row[];
  readonly memory: readonly MemoryRow[];
  readonly large: readonly LargeRow[];
  readonly growth: readonly GrowthRow[];
}

export function reportOf(found: Omit<Report, 'format' | 'at' | 'node' | 'machine' | 'cpus'>): Report {
  return {
    format: 1,
    at: new Date().toISOString(),
    node: process.version,
    machine: `${platform()} ${arch()}, ${cpus()[0]?.model ?? 'unknown CPU'}`,
    cpus: availableParallelism(),
    ...found,
  };
}

export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

/** @throws TypeError if the text is no report of this format. */
export function parseReport(text: string): Report {
  const report = JSON.parse(text) as Partial<Report>;
  if (report.format !== 1 || !Array.isArray(report.rows)) throw new TypeError('not a report of this program');
  return report as Report;
}
