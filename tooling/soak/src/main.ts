import { parseArgs } from 'node:util';
import { planFor } from './plan.ts';
import { isBroken, type Row } from './row.ts';
import { soak } from './soak.ts';
import { searchedIn, tableOf } from './table.ts';

const USAGE = `usage: npm run soak -- [--minutes 5] [--only <pattern>] [--consumes <n>] [--kills <n>] [--json]

Breaks every backend in every way that is known here, and counts the promises that break. --only takes faults and backends whose
names fit, such as 'killed.*ioredis'.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    only: { type: 'string' },
    consumes: { type: 'string' },
    kills: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
if (values.help || !(minutes > 0)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 1);
}
const plan = {
  ...planFor(minutes, values.only === undefined ? undefined : new RegExp(values.only)),
  ...(values.consumes === undefined ? {} : { consumes: Number(values.consumes) }),
  ...(values.kills === undefined ? {} : { kills: Number(values.kills) }),
};
const rows: Row[] = [];
for await (const row of soak(plan)) {
  rows.push(row);
  if (values.json) console.log(JSON.stringify(row));
  else console.error(`${row.fault}, ${row.backend}: ${isBroken(row) ? 'BROKEN' : 'held'}`);
}
if (!values.json) console.log(`${tableOf(rows)}\n${searchedIn(rows)}`);
// Not by itself: Node.js 24 may wait for ever, as it ends, for a socket that was reset.
process.exit(rows.some(isBroken) ? 1 : 0);
