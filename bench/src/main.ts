import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cluster } from '@oauthdb/test-redis/kinds';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { HELP, parseArguments } from './arguments.ts';
import { chart } from './chart.ts';
import { growth, type GrowthRow } from './growth.ts';
import { large } from './large.ts';
import { memoryUse, type MemoryRow } from './memory-use.ts';
import { measure, type Effort, type Row } from './measure.ts';
import { loadNow, parseReport, reportOf } from './report.ts';
import { GROUPS } from './subjects/index.ts';
import { comparison, growthTable, largeTable, memoryTable, operationTable } from './tables.ts';
import type { LargeRow } from './watch.ts';

const FULL: Effort = { rounds: 30, warmUps: 5, sliceMs: 25 };
const QUICK: Effort = { rounds: 7, warmUps: 1, sliceMs: 10 };

const {
  help,
  quick,
  groups,
  operations,
  inFlight,
  large: tokens,
  growth: most,
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
const nodes = most === undefined && groups.includes('cluster') ? await cluster() : undefined;
const { host, port } = redis;
const servers = { redis: { host, port }, cluster: nodes?.at.nodes.slice(0, 3) ?? [] };

const rows: Row[] = [];
const memory: MemoryRow[] = [];
const many: LargeRow[] = [];
const grown: GrowthRow[] = [];
if (most === undefined) {
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
  memory.push(...(await memoryUse(servers, quick ? 20_000 : 200_000)));
  console.log(`\n${memoryTable(memory)}`);
  await using another = await startPrivateServer();
  many.push(...(await large({ redis: { host: another.host, port: another.port }, cluster: [] }, tokens)));
  console.log(`\n${largeTable(many)}`);
} else {
  grown.push(...(await growth(servers, most)));
  console.log(`\n${growthTable(grown)}`);
}
await nodes?.stop();

const report = reportOf({ rows, memory, large: many, growth: grown, load });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'bench.json'), `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(join(out, 'bench.svg'), chart(report));
console.log(`\n${report.machine}, Node.js ${report.node}, load ${load.toFixed(1)} of ${report.cpus} CPUs`);
console.log(`${join(out, 'bench.json')}, ${join(out, 'bench.svg')}`);
if (before !== undefined) console.log(`\n${comparison(before, report)}`);
