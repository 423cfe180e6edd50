import { behavioursOf } from './behaviours/index.ts';
import { Context } from './context.ts';
import { faultBehaviours } from './faults/behaviours/index.ts';
import { faultConformance, isHeldTo, runFaultCase } from './faults/run.ts';
import type { Backend, Case, Runner } from './suite.ts';

/** Ten thousand keys take a while on a busy machine. */
const CASE_TIMEOUT_MS = 120_000;

/**
 * Registers the suite that every backend must pass with a test runner.
 *
 * There is nothing to leave out: the suite asks the driver what it `supports`, and tests both answers. A backend that can be broken
 * on purpose gives `faults`, and is held to what it promises while they last.
 *
 * @example
 * import { describe, it } from 'node:test';
 * import { conformance } from '@oauthdb/core/conformance';
 * import { MyDriver } from '../src/my-driver.ts';
 *
 * const store = new MyStore();
 * conformance({ describe, it }, { open: () => new MyDriver(store) });
 */
export function conformance(runner: Runner, backend: Backend): void {
  const register = (): void => {
    for (const { name, cases } of behavioursOf(backend)) {
      runner.describe(name, () => {
        for (const one of cases) runner.it(one.name, () => runCase(backend, one), CASE_TIMEOUT_MS);
      });
    }
  };
  if (backend.name === undefined) register();
  else runner.describe(backend.name, register);
  const { faults } = backend;
  if (faults !== undefined) faultConformance(runner, { ...backend, faults });
}

export interface Failure {
  /** Of the behaviour and the case: `listing › shows no neighbour's keys`. */
  readonly name: string;
  readonly error: unknown;
}

/**
 * Runs the suite without a runner, and gives the cases that failed: to test a driver, or the suite, from a program.
 *
 * @param wanted - which cases to run, by their names as {@link Failure} has them. Default: all.
 */
export async function failures(
  backend: Backend,
  wanted: (name: string) => boolean = () => true,
): Promise<Failure[]> {
  const failed: Failure[] = [];
  const attempt = async (name: string, run: () => Promise<void>): Promise<void> => {
    if (!wanted(name)) return;
    try {
      await run();
    } catch (error) {
      failed.push({ name, error });
    }
  };
  for (const { name, cases } of behavioursOf(backend)) {
    for (const one of cases) await attempt(`${name} › ${one.name}`, () => runCase(backend, one));
  }
  const { faults } = backend;
  if (faults === undefined) return failed;
  for (const { name, cases } of faultBehaviours) {
    for (const one of cases.filter((each) => isHeldTo(faults, each))) {
      await attempt(`${name} › ${one.name}`, () => runFaultCase({ ...backend, faults }, one));
    }
  }
  return failed;
}

async function runCase(backend: Backend, { run }: Case): Promise<void> {
  const context = await Context.open(backend);
  try {
    await run(context);
    await context.tidy();
  } finally {
    await context.close();
  }
}
