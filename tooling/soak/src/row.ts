import type { Tally } from '@oauthdb/core/conformance';

/** What one fault did to one backend. */
export interface Row {
  readonly fault: string;
  readonly backend: string;
  readonly calls: number;
  readonly settled: number;
  readonly slowestMs: number;
  readonly failed: number;
  readonly lost: number;
  readonly undead: number;
  readonly ghosts: number;
  readonly wrong: number;
  readonly doubleSpends: number;
  /** Errors that are none of ours, are incomplete, or show a secret. */
  readonly malformed: number;
  /** What was searched for secrets. */
  readonly searched?: Searched;
  /** The longest that the event loop stood still, in milliseconds. */
  readonly stallMs: number;
  /** By how much the process grew, in megabytes. */
  readonly growthMb: number;
  /** Whether what was lost, or came back, is what this backend says that it may lose: the reason. */
  readonly allowed?: string;
}

/** Where secrets were looked for, and where they were found. */
export interface Searched {
  readonly errors: number;
  readonly files: number;
  /** With the names of their keys and all else that was sent. */
  readonly commands: number;
  readonly found: readonly string[];
}

export function rowOf(
  fault: string,
  backend: string,
  tally: Tally,
  held: { readonly stallMs: number; readonly growthMb: number; readonly searched?: Searched },
): Row {
  const { calls, settled, lost, undead, ghosts, wrong, doubleSpends, malformed, failures } = tally;
  return {
    ...{ fault, backend, calls, settled, slowestMs: Math.round(tally.slowestMs) },
    failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
    // A code that nobody got, and a rotation that was taken for reuse, are lost, too.
    lost: lost + tally.burnt,
    ...{ undead, ghosts, wrong, doubleSpends },
    malformed: malformed.length,
    ...held,
  };
}

/** Whether a promise was broken. */
export function isBroken(row: Row): boolean {
  const { calls, settled, lost, undead, ghosts, wrong, doubleSpends, malformed } = row;
  if ((row.searched?.found.length ?? 0) > 0) return true;
  if (settled < calls || wrong > 0 || doubleSpends > 0 || malformed > 0 || ghosts > 0) return true;
  return row.allowed === undefined && lost + undead > 0;
}
