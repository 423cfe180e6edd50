import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';
import type { FaultName, Faults } from '../hook.ts';
import { broken } from '../trial/tally.ts';
import { trial } from '../trial/trial.ts';

interface Trial {
  readonly name: string;
  readonly needs: readonly FaultName[];
  readonly fault: (faults: Faults) => Promise<void>;
}

const all: readonly Trial[] = [
  {
    name: 'it hangs',
    needs: ['hang', 'resume'],
    fault: async (faults) => {
      await faults.hang();
      await sleep(1.5 * TIMEOUT_MS);
      await faults.resume();
    },
  },
  {
    name: 'its connections are cut, again and again',
    needs: ['cut'],
    fault: async (faults) => {
      for (let i = 0; i < 15; i++) {
        await faults.cut();
        await sleep(60);
      }
    },
  },
  {
    name: 'it is killed, and comes back',
    needs: ['kill', 'restart'],
    fault: async (faults) => {
      await sleep(100);
      await faults.kill();
      await sleep(200);
      await faults.restart();
    },
  },
  {
    name: 'it is full',
    needs: ['fill', 'free'],
    fault: async (faults) => {
      await faults.fill();
      await sleep(300);
      await faults.free();
    },
  },
  {
    name: 'its answers are lost',
    needs: ['dropReplies', 'resume'],
    fault: async (faults) => {
      for (let i = 0; i < 5; i++) {
        await faults.dropReplies();
        await sleep(60);
        await faults.resume();
        await sleep(60);
      }
    },
  },
  {
    name: 'its answers are late',
    needs: ['delay', 'resume'],
    fault: async (faults) => {
      await faults.delay(80);
      await sleep(600);
      await faults.resume();
    },
  },
];

async function run(t: FaultContext, fault: Trial['fault'], options: object = {}): Promise<void> {
  const databases = [await t.database(options), await t.database(options)];
  // Before it breaks, it works: all are connected.
  for (const db of databases) await t.recovered(() => db.storeToken('before', 'token'));
  const tally = await trial({
    databases,
    beside: await t.beside(options),
    commandTimeout: TIMEOUT_MS,
    canaries: t.canaries,
    fault: () => fault(t.faults),
  });
  assert.deepEqual(broken(tally), [], [...tally.failures].join('; '));
  for (const db of databases) await t.recovered(() => db.storeToken('after', 'token'));
}

export const trials: FaultBehaviour = {
  name: 'faults: every call settles, its error is true, and nothing acknowledged is lost,',
  cases: [
    ...all.map(({ name, needs, fault }) => ({
      name: `while and after ${name}`,
      needs,
      run: (t: FaultContext) => run(t, fault),
    })),
    {
      // A bare token carries no name: whether it is another's, only a seal can tell.
      name: 'while and after its answers make no sense, with keys that seal values',
      needs: ['garble', 'resume'],
      run: (t) =>
        run(
          t,
          async (faults) => {
            await faults.garble();
            await sleep(600);
            await faults.resume();
          },
          { secrets: { keys: [{ id: 'k', key: new Uint8Array(32).fill(7) }] } },
        ),
    },
  ],
};
