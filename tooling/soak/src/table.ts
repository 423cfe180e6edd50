import Table from 'cli-table3';
import { isBroken, type Row } from './row.ts';

const HEAD = [
  ...['fault', 'backend', 'calls', 'settled', 'slowest ms', 'failed', 'lost', 'undead', 'ghosts', 'wrong'],
  ...['double spends', 'bad errors', 'stall ms', 'growth MB', ''],
];

/** The rows as a table; what is broken is marked. */
export function tableOf(rows: readonly Row[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    table.push([
      ...[
        row.fault,
        row.backend,
        row.calls,
        row.settled,
        row.slowestMs || '',
        row.failed,
        row.lost,
        row.undead,
      ],
      ...[row.ghosts, row.wrong, row.doubleSpends, row.malformed, row.stallMs, row.growthMb],
      isBroken(row) ? 'BROKEN' : (row.allowed ?? ''),
    ]);
  }
  return table.toString();
}
