import type { Arguments } from './arguments.ts';
import type { Effort } from './measure.ts';

const FULL: Effort = { rounds: 25, leastRounds: 5, warmUps: 2, sliceMs: 20, budgetMs: 1500 };
const QUICK: Effort = { rounds: 15, leastRounds: 3, warmUps: 2, sliceMs: 10, budgetMs: 750 };

/** What is done besides, in seconds: servers that start, what entries take in memory, and so many tokens at once. */
const BESIDES = { full: 90, quick: 15 };

/** How long to open a group, and to store what is read. */
const OPENING_MS = 250;

/** How long it takes until an operation is compiled. */
const COMPILING_MS = 600;

export function effortOf({ quick }: Pick<Arguments, 'quick'>): Effort {
  return quick ? QUICK : FULL;
}

/** What runs for the first time is not compiled yet: how an operation is measured before it is measured. */
export function compilingEffort(given: Pick<Arguments, 'quick'>): Effort {
  return { ...effortOf(given), warmUps: 5, rounds: 1, leastRounds: 1 };
}

/** How long a run takes, about, in seconds. */
export function estimate({ quick, groups, operations, inFlight }: Arguments): number {
  const kinds = groups.length * operations.length;
  const ms = effortOf({ quick }).budgetMs * inFlight.length + COMPILING_MS;
  const openings = OPENING_MS * (inFlight.length + 1);
  return (kinds * (ms + openings)) / 1000 + (quick ? BESIDES.quick : BESIDES.full);
}

/** In words. */
export function durationText(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`;
}
