import { clusters } from './parts/clusters.ts';
import { consumes } from './parts/consumes.ts';
import { floods } from './parts/floods.ts';
import { kills } from './parts/kills.ts';
import { singleFaults } from './parts/single-faults.ts';
import type { Plan } from './plan.ts';
import type { Row } from './row.ts';

/** Runs every part of a plan, one after the other, and gives each row when it is there. */
export async function* soak(plan: Plan): AsyncGenerator<Row> {
  for (const part of [singleFaults, floods, clusters, kills, consumes]) yield* part(plan);
}
