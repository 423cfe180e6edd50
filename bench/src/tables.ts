import Table from 'cli-table3';
import type { GrowthRow } from './growth.ts';
import type { LargeRow } from './watch.ts';
import type { MemoryRow } from './memory-use.ts';
import type { Row } from './measure.ts';
import { OPERATIONS } from './operations/index.ts';
import type { Report } from './report.ts';
import { spreadText } from './statistics.ts';

const PLAIN = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

/** The rows of one group and operation, a line for each subject and number of calls under way. */
export function operationTable(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const table = new Table({
    ...PLAIN,
    head: [
      'in flight',
      'subject',
      'ratio',
      'by CPU',
      'per second',
      'CPU µs',
      'server µs',
      'p50 ms',
      'p99 ms',
    ],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const row of rows) {
    table.push([
      row.inFlight,
      row.subject,
      spreadText(row.ratio),
      row.cpuRatio.median.toFixed(2),
      Math.round(row.perSecond).toLocaleString('en'),
      row.clientCpu.toFixed(1),
      row.serverCpu?.toFixed(1) ?? '',
      row.p50.toFixed(2),
      row.p99.toFixed(2),
    ]);
  }
  return `${first.group}: ${first.operation} (1.00 is ${OPERATIONS[first.operation].command})\n${table.toString()}`;
}

export function memoryTable(rows: readonly MemoryRow[]): string {
  const table = new Table({
    ...PLAIN,
    head: ['subject', 'entries', 'bytes per entry besides key and value'],
    colAligns: ['left', 'right', 'right'],
  });
  for (const { subject, entries, bytes } of rows) {
    table.push([subject, entries.toLocaleString('en'), Math.round(bytes)]);
  }
  return table.toString();
}

export function largeTable(rows: readonly LargeRow[]): string {
  const table = new Table({
    ...PLAIN,
    head: [
      'what',
      'seconds',
      'per second',
      'of the bare one',
      'CPU µs',
      'server µs',
      'longest command ms',
      'others p99 ms',
      'heap MB',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const row of rows) {
    const isWork = row.what !== 'nothing';
    table.push([
      row.what,
      row.seconds.toFixed(1),
      isWork ? Math.round(row.tokens / row.seconds).toLocaleString('en') : '',
      row.ratio?.toFixed(2) ?? '',
      isWork ? row.clientCpu.toFixed(1) : '',
      isWork ? row.serverCpu.toFixed(1) : '',
      row.longestCommand.toFixed(1),
      row.othersP99.toFixed(2),
      row.heap.toFixed(0),
    ]);
  }
  return `${rows[0]?.tokens.toLocaleString('en')} tokens\n${table.toString()}`;
}

/** What a call costs as a database grows, in times the bare call with as many entries around. */
export function growthTable(rows: readonly GrowthRow[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const sizes = [...new Set(rows.map(({ entries }) => entries))];
  const table = new Table({
    ...PLAIN,
    head: [
      'group',
      'operation',
      ...sizes.map((size) => size.toLocaleString('en')),
      ...sizes.map(() => 'by CPU'),
      'change by CPU',
    ],
    colAligns: ['left', 'left', ...sizes.flatMap(() => ['right', 'right'] as const), 'right'],
  });
  const kinds = new Map(rows.map(({ group, operation }) => [`${group} ${operation}`, { group, operation }]));
  for (const { group, operation } of kinds.values()) {
    const some = rows.filter((row) => row.group === group && row.operation === operation);
    const [clock, cpu]: [string[], number[]] = [[], []];
    for (const size of sizes) {
      const [bare, ours] = some.filter(({ entries }) => entries === size);
      if (bare === undefined || ours === undefined) continue;
      clock.push(spreadText(ours.ratio));
      cpu.push(cpuOf(bare) / cpuOf(ours));
    }
    const change = ((cpu.at(-1) ?? NaN) / (cpu[0] ?? NaN) - 1) * 100;
    table.push([
      group,
      operation,
      ...clock,
      ...cpu.map((ratio) => ratio.toFixed(2)),
      `${change.toFixed(0)} %`,
    ]);
  }
  return `entries of each kind, ${first.inFlight} calls in flight (1.00 is the bare call among as many)\n${table.toString()}`;
}

/** Of a call, here and on the server. */
function cpuOf({ clientCpu, serverCpu }: Row): number {
  return clientCpu + (serverCpu ?? 0);
}

/** What has changed since another run by more than the quartiles of both. */
export function comparison(before: Report, now: Report): string {
  const nameOf = ({ group, operation, inFlight, subject }: Row): string =>
    [group, operation, inFlight, subject].join(' | ');
  const old = new Map(before.rows.map((row) => [nameOf(row), row]));
  const table = new Table({
    ...PLAIN,
    head: ['what', 'before', 'now', 'change'],
    colAligns: ['left', 'right', 'right', 'right'],
  });
  for (const row of now.rows) {
    const was = old.get(nameOf(row))?.ratio;
    if (was === undefined || (was.high >= row.ratio.low && was.low <= row.ratio.high)) continue;
    const change = `${((row.ratio.median / was.median - 1) * 100).toFixed(0)} %`;
    table.push([nameOf(row), spreadText(was), spreadText(row.ratio), change]);
  }
  return table.length === 0 ? 'Nothing has changed by more than its spread.' : table.toString();
}
