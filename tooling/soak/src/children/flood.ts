/**
 * Sixty-four callers that wait for nobody: each calls in every turn of the event loop, while the store hangs. Prints how it went: the
 * calls, how many were refused and how soon, the growth of the process, and the longest stall.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { measured } from '../measured.ts';
import { openTarget } from '../target.ts';
import { begin, told } from './argument.ts';

const CALLERS = 64;
/** How long they call before the store hangs: by then the heap is as large as so many calls make it anyway. */
const WARM_UP_MS = 2000;

const { target, words } = told();
const ms = Number(words[0]);
const db = openTarget(target);
await db.storeToken('k', 'v');

const newTally = () => ({
  calls: 0,
  settled: 0,
  slowestMs: 0,
  refused: 0,
  refusedMs: 0,
  served: 0,
  malformed: 0,
});
let tally = newTally();
const call = async (): Promise<void> => {
  tally.calls++;
  const began = performance.now();
  const code = await db.getToken('k').then(
    () => 'served',
    (error: { code?: string }) => String(error.code),
  );
  const took = performance.now() - began;
  tally.settled++;
  tally.slowestMs = Math.max(tally.slowestMs, took);
  if (code === 'served') tally.served++;
  else if (code === 'OAUTHDB_OVERLOADED') {
    tally.refused++;
    tally.refusedMs = Math.max(tally.refusedMs, took);
  } else if (!/^OAUTHDB_(TIMEOUT|UNAVAILABLE)$/.test(code)) tally.malformed++;
};
const flood = async (forMs: number): Promise<void> => {
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    for (let i = 0; i < CALLERS; i++) void call();
    await turn();
  }
  // Counted, and not kept: what is to be seen grow is the library.
  while (tally.settled < tally.calls) await turn();
};
await flood(WARM_UP_MS);
tally = newTally();
await begin();
const { stallMs, growthMb } = await measured(() => flood(ms));
await db.close();
process.stdout.write(`${JSON.stringify({ ...tally, stallMs, growthMb })}\n`);
