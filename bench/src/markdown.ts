import { grouped } from './grouped.ts';
import type { GrowthRow } from './growth.ts';
import type { MemoryRow } from './memory-use.ts';
import type { Row } from './measure.ts';
import type { Report } from './report.ts';
import { spreadText } from './statistics.ts';
import type { LargeRow } from './watch.ts';

/** Beside others these are shown, of which all subjects have most. */
const SHOWN: readonly Row['operation'][] = [
  'getToken',
  'hasToken',
  'storeToken',
  'deleteToken',
  'accessTokens.get',
  'issue',
];

/** The tables of a report as the documentation quotes them: ours, ours beside the others, and what is about many entries. */
export function markdown({ rows, memory, large, growth }: Report): string {
  const groups = [...grouped(rows, ({ group }) => group).values()];
  const tables = [...groups.map(ours), ...groups.map(besideOthers)];
  if (memory.length > 0) tables.push(memoryTable(memory));
  if (large.length > 0) tables.push(largeTable(large));
  if (growth.length > 0) tables.push(growthTable(growth));
  return `${tables.join('\n\n')}\n`;
}

/** Times the bare client by the clock, with quartiles. */
function ours(rows: readonly Row[]): string {
  const own = rows.filter(({ subject }) => /^oauthdb(, (all|one) slots?)?$/.test(subject));
  return inFlightTable(own, ({ ratio }) => spreadText(ratio));
}

/** The same by the clock and by this process's CPU. */
function besideOthers(rows: readonly Row[]): string {
  const [bare] = rows;
  const shown = rows.filter(
    ({ operation, subject }) => SHOWN.includes(operation) && subject !== bare?.subject,
  );
  return inFlightTable(
    shown,
    ({ ratio, cpuRatio }) => `${ratio.median.toFixed(2)} / ${cpuRatio.median.toFixed(2)}`,
  );
}

/** A line for each operation and subject, a column for each number of calls under way. */
function inFlightTable(rows: readonly Row[], cell: (row: Row) => string): string {
  const columns = [...new Set(rows.map(({ inFlight }) => `${inFlight} in flight`))];
  const lines = linesOf(
    rows,
    ({ operation, subject }) => (subject === 'oauthdb' ? `\`${operation}\`` : `\`${operation}\`: ${subject}`),
    cell,
  );
  return table([rows[0]?.group ?? '', ...columns], lines);
}

/** The cells of the rows that have one name, behind it. */
function linesOf<R extends Row>(
  rows: readonly R[],
  nameOf: (row: R) => string,
  cell: (row: R) => string,
): string[][] {
  return [...grouped(rows, nameOf)].map(([name, some]) => [name, ...some.map(cell)]);
}

function memoryTable(rows: readonly MemoryRow[]): string {
  return table(
    [`${thousands(rows[0]?.entries ?? 0)} entries`, 'bytes for each besides key and value'],
    rows.map(({ subject, bytes }) => [subject, bytes.toFixed(0)]),
  );
}

function largeTable(rows: readonly LargeRow[]): string {
  const heads = ['per second', 'of the bare client', 'longest command', "others' p99", 'heap'];
  return table(
    [`${thousands(rows[0]?.tokens ?? 0)} tokens`, ...heads],
    rows.map((row) => [
      row.what,
      row.what === 'nothing' ? '' : thousands(row.tokens / row.seconds),
      row.ratio?.toFixed(2) ?? '',
      `${row.longestCommand.toFixed(1)} ms`,
      `${row.othersP99.toFixed(2)} ms`,
      `${row.heap.toFixed(0)} MB`,
    ]),
  );
}

function growthTable(rows: readonly GrowthRow[]): string {
  const sizes = [...new Set(rows.map(({ entries }) => thousands(entries)))];
  const own = rows.filter(({ subject }) => subject === 'oauthdb');
  const lines = linesOf(
    own,
    ({ group, operation }) => `${group}: \`${operation}\``,
    ({ ratio }) => ratio.median.toFixed(2),
  );
  return table(['entries', ...sizes], lines);
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

function thousands(number: number): string {
  return Math.round(number).toLocaleString('en');
}
