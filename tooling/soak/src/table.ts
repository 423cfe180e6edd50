import Table from 'cli-table3';
import { isBroken, type Row } from './row.ts';

const HEAD = [
  ...['fault', 'backend', 'calls', 'settled', 'slowest ms', 'failed', 'lost', 'undead', 'ghosts', 'wrong'],
  ...['double spends', 'bad errors', 'stall ms', 'growth MB', ''],
];

/** What was searched for secrets, over all rows. */
export function searchedIn(rows: readonly Row[]): string {
  const all = rows.flatMap(({ searched }) => searched ?? []);
  const sum = (of: 'errors' | 'files' | 'commands'): string =>
    all.reduce((total, one) => total + one[of], 0).toLocaleString('en');
  const found = all.flatMap((one) => one.found);
  const says = `secrets: ${sum('errors')} errors, ${sum('files')} files and ${sum('commands')} commands searched, ${found.length} found`;
  return [says, ...new Set(found)].join('\n');
}

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
