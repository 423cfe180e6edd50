import { cluster } from '@oauthdb/test-redis/kinds';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../src/arguments.ts';
import { chart } from '../src/chart.ts';
import { growth } from '../src/growth.ts';
import { measure, type Row } from '../src/measure.ts';
import { large } from '../src/large.ts';
import { memoryUse } from '../src/memory-use.ts';
import { OPERATIONS, type Operation } from '../src/operations/index.ts';
import { estimate } from '../src/plan.ts';
import { markdown } from '../src/markdown.ts';
import { parseReport, reportOf } from '../src/report.ts';
import type { Group } from '../src/subject.ts';
import { GROUPS } from '../src/subjects/index.ts';
import { comparison, growthTable, largeTable, operationTable } from '../src/tables.ts';

// Its own: what it stores would be in the way of those who list what is on theirs.
const [server, nodes] = await Promise.all([startPrivateServer(), cluster()]);
afterAll(() => Promise.all([server.stop(), nodes.stop()]));
const servers = { redis: { host: server.host, port: server.port }, cluster: nodes.at.nodes.slice(0, 3) };
const effort = { rounds: 2, leastRounds: 2, warmUps: 0, sliceMs: 0.1, budgetMs: 60_000 };

/** What everything that keeps tokens can do. */
const EVERYBODY: readonly Operation[] = ['storeToken', 'getToken', 'hasToken', 'deleteToken'];

describe.each(Object.keys(GROUPS))('%s', (name) => {
  let group: Group;
  beforeAll(async () => {
    group = (await GROUPS[name]?.(servers)) as Group;
  }, 60_000);
  afterAll(() => group.close());

  it.each(Object.keys(OPERATIONS) as Operation[])(
    '%s is measured',
    { timeout: 60_000 },
    async (operation) => {
      // Each slice is looked at, whether its last call has done what it should have.
      const rows = await measure(group, operation, 2, effort);
      expect(rows.length).toBeGreaterThan(2);
      if (EVERYBODY.includes(operation)) expect(rows).toHaveLength(group.subjects.length);
      for (const row of rows) {
        expect(row.ratio.median).toBeGreaterThan(0);
        expect(row.p99).toBeGreaterThanOrEqual(row.p50);
      }
      expect(rows[0]?.ratio).toEqual({ low: 1, median: 1, high: 1 });
    },
  );
});

it('all of it takes half an hour, and two minutes if it must be quick', () => {
  expect(estimate(parseArguments([]))).toBeLessThan(30 * 60);
  expect(estimate(parseArguments(['--quick']))).toBeLessThan(2 * 60);
});

it('memory is measured', async () => {
  const rows = await memoryUse(servers, 1000);
  expect(rows.at(-1)?.subject).toBe('oauthdb, on Redis');
  expect(rows.at(-1)?.bytes).toBeGreaterThan(0);
});

it('many tokens are stored, listed, exported and imported', { timeout: 60_000 }, async () => {
  const rows = await large({ ...servers, cluster: [] }, 2000);
  expect(rows.map(({ what }) => what)).toEqual(expect.arrayContaining(['import', 'export and import']));
  expect(largeTable(rows)).toContain('2,000');
});

it('calls are measured as a database grows', { timeout: 60_000 }, async () => {
  const rows = await growth({ ...servers, cluster: [] }, 100, effort);
  expect(new Set(rows.map(({ group, operation }) => `${group} ${operation}`)).size).toBe(8);
  expect(growthTable(rows)).toContain('accessTokens.get');
});

it('a report is printed, drawn, kept and compared', () => {
  const row = (subject: string, median: number): Row => ({
    group: 'ioredis',
    operation: 'getToken',
    inFlight: 64,
    subject,
    ratio: { low: median - 0.1, median, high: median + 0.1 },
    cpuRatio: { low: 1, median: 1, high: 1 },
    perSecond: 1000,
    clientCpu: 1,
    serverCpu: null,
    p50: 1,
    p99: 2,
  });
  const none = { isFinished: true, rows: [], memory: [], large: [], growth: [], load: 0 };
  const reportWith = (median: number) =>
    reportOf({
      ...none,
      isFinished: true,
      rows: [row('bare', 1), row('a & b', median), row('c', 1 / median)],
    });
  const [before, now] = [reportWith(1), reportWith(2)];
  expect(operationTable(now.rows)).toContain('2.00 (1.90–2.10)');
  const lines = markdown({ ...now, rows: [...now.rows, row('oauthdb', 3)] }).split('\n');
  expect(lines).toContain('| `getToken` | 3.00 (2.90–3.10) |');
  expect(lines).toContain('| `getToken`: a & b | 2.00 / 1.00 |');
  expect(lines.join('\n')).not.toContain('getToken`: bare');
  const bars = [...chart(now).matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)];
  const [[, faster, more] = [], [, slower, less] = []] = bars.map((bar) => bar.map(Number));
  // One goes to the right, and one as far to the left.
  expect(more).toBeGreaterThan(0);
  expect(less).toBeCloseTo(more ?? NaN, 0);
  expect((slower ?? NaN) + (less ?? NaN)).toBeCloseTo(faster ?? NaN, 0);
  expect(chart(now)).toContain('a &amp; b');
  expect(comparison(parseReport(JSON.stringify(before)), now)).toContain('100 %');
  expect(comparison(before, before)).toContain('Nothing has changed');
  expect(() => parseReport('{}')).toThrow(TypeError);
});
