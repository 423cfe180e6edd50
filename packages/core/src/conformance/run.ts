import { behaviours } from './behaviours/index.ts';
import { Context } from './context.ts';
import type { Backend, Case, Runner } from './suite.ts';

/** Ten thousand keys take a while on a busy machine. */
const CASE_TIMEOUT_MS = 120_000;

/**
 * Registers the suite that every backend must pass with a test runner.
 *
 * There is nothing to leave out: the suite asks the driver what it `supports`, and tests both answers.
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
    for (const { name, cases } of behaviours) {
      runner.describe(name, () => {
        for (const one of cases) runner.it(one.name, () => runCase(backend, one), CASE_TIMEOUT_MS);
      });
    }
  };
  if (backend.name === undefined) register();
  else runner.describe(backend.name, register);
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
  for (const behaviour of behaviours) {
    for (const one of behaviour.cases) {
      const name = `${behaviour.name} › ${one.name}`;
      if (!wanted(name)) continue;
      try {
        await runCase(backend, one);
      } catch (error) {
        failed.push({ name, error });
      }
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
