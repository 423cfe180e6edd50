import assert from 'node:assert/strict';
import type { Backend, Runner } from '../suite.ts';
import { faultBehaviours } from './behaviours/index.ts';
import type { FaultCase } from './case.ts';
import { FaultContext } from './context.ts';
import type { FaultHook, FaultName } from './hook.ts';
import { listen } from './quiet.ts';

/** A server has to be started, broken, and waited for, on a busy machine. */
const CASE_TIMEOUT_MS = 120_000;

/** A backend, as far as the cases of the fault group want to know it. */
export type FaultyBackend = Partial<Backend> & { readonly faults: FaultHook };

/**
 * Registers the fault group alone; `conformance` does that too where a backend has `faults`. To run its cases at once, each on a
 * store of its own, give it an `it` that does so: `{ describe, it: it.concurrent }`.
 *
 * A case that needs a fault which is not offered is registered all the same, by a name that says what it needs: as skipped where
 * the runner has `it.skip`.
 */
export function faultConformance(runner: Runner, backend: FaultyBackend): void {
  const { offers } = backend.faults;
  const register = (): void => {
    for (const { name, cases } of faultBehaviours) {
      runner.describe(name, () => {
        for (const one of cases) {
          const missing = one.needs.filter((fault) => !offers.includes(fault));
          if (missing.length > 0) notHeld(runner, one, missing);
          else runner.it(one.name, () => runFaultCase(backend, one), CASE_TIMEOUT_MS);
        }
      });
    }
  };
  if (backend.name === undefined) register();
  else runner.describe(backend.name, register);
}

/** Whether a hook offers what a case needs. */
export function isHeldTo({ offers }: FaultHook, { needs }: FaultCase): boolean {
  return needs.every((fault) => offers.includes(fault));
}

function notHeld({ it }: Runner, { name }: FaultCase, missing: readonly FaultName[]): void {
  const says = `${name} (not held to it: the hook does not offer ${missing.join(', ')})`;
  const nothing = (): Promise<void> => Promise.resolve();
  if (it.skip === undefined) it(says, nothing);
  else it.skip(says, nothing);
}

/** Runs one case on a store of its own. Whatever happens in it, nothing may be printed, and nothing secret be found at rest. */
export async function runFaultCase(backend: FaultyBackend, { run }: FaultCase): Promise<void> {
  const store = await backend.faults.start();
  const context = new FaultContext(store, backend.faults.offers, backend);
  const printing = listen();
  try {
    try {
      await run(context);
    } finally {
      await context.close();
    }
    assert.deepEqual(printing.printed, [], 'something was printed');
    for (const shown of [printing.stdout(), process.title])
      assert.deepEqual(context.canaries.in(shown), [], 'a secret was printed');
    assert.deepEqual(await context.shownAtRest(), []);
  } finally {
    printing.stop();
    await store.stop();
  }
}
