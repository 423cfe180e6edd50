import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cluster } from '@oauthdb/test-redis/kinds';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { HELP, parseArguments } from './arguments.ts';
import { chart } from './chart.ts';
import { large } from './large.ts';
import { memoryUse } from './memory-use.ts';
import { measure, type Effort, type Row } from './measure.ts';
import { loadNow, parseReport, reportOf } from './report.ts';
import { GROUPS } from './subjects/index.ts';
import { comparison, largeTable, memoryTable, operationTable } from './tables.ts';

const FULL: Effort = { rounds: 30, warmUps: 5, sliceMs: 25 };
const QUICK: Effort = { rounds: 7, warmUps: 1, sliceMs: 10 };

const {
  help,
  quick,
  groups,
  operations,
  inFlight,
  large: tokens,
  out,
  compare,
} = parseArguments(process.argv.slice(2));
if (help) {
  console.log(HELP);
  process.exit();
}
const load = loadNow();
const before = compare === undefined ? undefined : parseReport(readFileSync(compare, 'utf8'));
await using redis = await startPrivateServer();
const nodes = groups.includes('cluster') ? await cluster() : undefined;
const { host, port } = redis;
const servers = { redis: { host, port }, cluster: nodes?.at.nodes.slice(0, 3) ?? [] };

const rows: Row[] = [];
for (const name of groups) {
  const group = await GROUPS[name]?.(servers);
  if (group === undefined) continue;
  for (const operation of operations) {
    const some: Row[] = [];
    for (const number of inFlight) {
      some.push(...(await measure(group, operation, number, quick ? QUICK : FULL)));
    }
    console.log(`\n${operationTable(some)}`);
    rows.push(...some);
  }
  await group.close();
}
const memory = await memoryUse(servers, quick ? 20_000 : 200_000);
console.log(`\n${memoryTable(memory)}`);
await nodes?.stop();
await using another = await startPrivateServer();
const many = await large({ redis: { host: another.host, port: another.port }, cluster: [] }, tokens);
console.log(`\n${largeTable(many)}`);

const report = reportOf({ rows, memory, large: many, load });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'bench.json'), `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(join(out, 'bench.svg'), chart(report));
console.log(`\n${report.machine}, Node.js ${report.node}, load ${load.toFixed(1)} of ${report.cpus} CPUs`);
console.log(`${join(out, 'bench.json')}, ${join(out, 'bench.svg')}`);
if (before !== undefined) console.log(`\n${comparison(before, report)}`);
