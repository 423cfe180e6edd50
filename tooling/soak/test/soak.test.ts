import { expect, it } from 'vitest';
import { clusters } from '../src/parts/clusters.ts';
import { consumes } from '../src/parts/consumes.ts';
import { floods } from '../src/parts/floods.ts';
import { kills } from '../src/parts/kills.ts';
import { oneTrial, singleFaults } from '../src/parts/single-faults.ts';
import { planFor, type Plan } from '../src/plan.ts';
import { isBroken, type Row } from '../src/row.ts';
import { redisStore } from '../src/stores.ts';
import { searchedIn, tableOf } from '../src/table.ts';

/** Enough to see that each part still works. */
const plan = (only: RegExp): Plan => ({ ...planFor(0.1, only), consumes: 2000, kills: 2, slots: 20 });

it.each<[string, (plan: Plan) => AsyncGenerator<Row>, RegExp]>([
  ['single faults', singleFaults, /^(black hole node-redis|garbage.* ioredis|locked.* sqlite)$/],
  ['consumes', consumes, / ioredis$/],
  ['kills', kills, / (ioredis|sqlite)$/],
  ['floods', floods, / ioredis/],
  ['clusters', clusters, /slots/],
])(
  '%s: nothing breaks',
  async (_, part, only) => {
    const rows: Row[] = [];
    for await (const row of part(plan(only))) rows.push(row);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.calls).toBeGreaterThan(0);
      expect(tableOf([row])).toContain(row.fault);
    }
    expect(rows.filter(isBroken)).toEqual([]);
  },
  60_000,
);

it('counts what is searched for secrets, and a planted one breaks the run', async () => {
  await using store = await redisStore('ioredis');
  const [sound, telling] = [
    await oneTrial(store, 'rights withdrawn', 'ioredis', 300),
    await oneTrial({ ...store, secrets: ['oauthdb:1:k:'] }, 'nothing', 'ioredis', 100),
  ];
  expect(isBroken(sound)).toBe(false);
  expect(searchedIn([sound])).toMatch(
    /^secrets: [1-9]\d* errors, 4 files and [\d,]+ commands searched, 0 found$/,
  );
  expect(isBroken(telling)).toBe(true);
  expect(searchedIn([telling])).toMatch(/\.aof shows a secret: given/);
  expect(searchedIn([telling])).toMatch(/a command.* shows a secret: given/);
}, 60_000);
