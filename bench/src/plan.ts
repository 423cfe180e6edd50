import type { Arguments } from './arguments.ts';
import type { Effort } from './measure.ts';

const FULL: Effort = { rounds: 25, leastRounds: 5, warmUps: 2, sliceMs: 20, budgetMs: 1800 };
const QUICK: Effort = { rounds: 15, leastRounds: 3, warmUps: 2, sliceMs: 10, budgetMs: 900 };

/** What is done besides, in seconds: servers that start, what entries take in memory, and so many tokens at once. */
const BESIDES = { full: 120, quick: 30 };

/** How long to open a group, and to store what is read. */
const OPENING_MS = 400;

export function effortOf({ quick }: Pick<Arguments, 'quick'>): Effort {
  return quick ? QUICK : FULL;
}

/** How long a run takes, about, in seconds. */
export function estimate({ quick, groups, operations, inFlight }: Arguments): number {
  const cells = groups.length * operations.length * inFlight.length;
  return (
    (cells * (effortOf({ quick }).budgetMs + OPENING_MS)) / 1000 + (quick ? BESIDES.quick : BESIDES.full)
  );
}

/** In words. */
export function durationText(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`;
}
