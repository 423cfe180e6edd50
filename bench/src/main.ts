import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cluster } from '@oauthdb/test-redis/kinds';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { HELP, parseArguments } from './arguments.ts';
import { chart } from './chart.ts';
import { growth, type GrowthRow } from './growth.ts';
import { large } from './large.ts';
import { markdown } from './markdown.ts';
import { memoryUse, type MemoryRow } from './memory-use.ts';
import { measure, type Effort, type Row } from './measure.ts';
import type { Operation } from './operations/index.ts';
import { compilingEffort, durationText, effortOf, estimate } from './plan.ts';
import { loadNow, parseReport, reportOf, type Report } from './report.ts';
import { GROUPS } from './subjects/index.ts';
import { comparison, growthTable, largeTable, memoryTable, operationTable } from './tables.ts';
import type { LargeRow } from './watch.ts';

const given = parseArguments(process.argv.slice(2));
if (given.help) {
  console.log(HELP);
  process.exit();
}
const { quick, groups, operations, inFlight, large: tokens, growth: most, out, compare } = given;
const load = loadNow();
const began = performance.now();
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
  for (const [i, name] of groups.entries()) {
    progress(`${name}, ${i + 1} of ${groups.length}`);
    for (const operation of operations) {
      await measureAlone(name, operation, 64, compilingEffort(given));
      const some: Row[] = [];
      for (const number of inFlight) {
        some.push(...(await measureAlone(name, operation, number, effortOf(given))));
      }
      console.log(`\n${operationTable(some)}`);
      rows.push(...some);
      save({ isFinished: false });
    }
  }
  progress('memory');
  memory.push(...(await memoryUse(servers, quick ? 20_000 : 200_000)));
  console.log(`\n${memoryTable(memory)}`);
  progress('many tokens at once');
  await using another = await startPrivateServer();
  many.push(...(await large({ redis: { host: another.host, port: another.port }, cluster: [] }, tokens)));
  console.log(`\n${largeTable(many)}`);
} else {
  grown.push(...(await growth(servers, most)));
  console.log(`\n${growthTable(grown)}`);
}
await nodes?.stop();

const report = save({ isFinished: true });
writeFileSync(join(out, 'bench.svg'), chart(report));
writeFileSync(join(out, 'bench.md'), markdown(report));
console.log(`\n${report.machine}, Node.js ${report.node}, load ${load.toFixed(1)} of ${report.cpus} CPUs`);
console.log(['bench.json', 'bench.svg', 'bench.md'].map((name) => join(out, name)).join(', '));
if (before !== undefined) console.log(`\n${comparison(before, report)}`);

/** Keeps what was measured: of a run that dies, what it had found. */
function save({ isFinished }: Pick<Report, 'isFinished'>): Report {
  const found = reportOf({ isFinished, rows, memory, large: many, growth: grown, load });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'bench.json'), `${JSON.stringify(found, null, 1)}\n`);
  return found;
}

/** Measures an operation of a group that has what it needs and nothing else. */
async function measureAlone(
  name: string,
  operation: Operation,
  number: number,
  effort: Effort,
): Promise<Row[]> {
  const group = await GROUPS[name]?.(servers);
  if (group === undefined) return [];
  const some = await measure(group, operation, number, effort);
  await group.close();
  return some;
}

/** What comes next, beside the tables. */
function progress(next: string): void {
  const passed = (performance.now() - began) / 1000;
  console.error(`\n${next}: after ${durationText(passed)} of about ${durationText(estimate(given))}`);
}
