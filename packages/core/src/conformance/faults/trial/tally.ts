/** What a {@link trial} found. Of a sound backend, all that is counted under `Broken` is zero. */
export interface Tally extends Broken {
  /** How many calls were made, and how many of them settled in time. */
  calls: number;
  settled: number;
  /** Milliseconds that the slowest call took. */
  slowestMs: number;
  /** Calls that failed, by code and outcome: `OAUTHDB_TIMEOUT unknown`. */
  readonly failures: Map<string, number>;
  /** Milliseconds from the end of the fault until a call succeeded. */
  recoveryMs: number;
  /** Tokens of calls that failed, which nobody was given, and which are there although their grant was revoked. */
  orphans: number;
}

/** Broken promises. */
export interface Broken {
  /** Calls that were still under way after their time. */
  pending: number;
  /** Errors that are none of ours, are incomplete, or show a secret: what is wrong with each. */
  readonly malformed: string[];
  /** Acknowledged writes that are not there, be it that a deletion took effect whose error says `not_executed`. */
  lost: number;
  /** What was deleted or revoked, acknowledged, and can be read. */
  undead: number;
  /** What is there although the error of the call that stored it says `not_executed`. */
  ghosts: number;
  /** Values that nobody has stored there. */
  wrong: number;
  /** Codes that more than one got. */
  doubleSpends: number;
  /** Codes that nobody got, and refresh tokens that were taken for stolen or unknown, although no answer was lost for good. */
  burnt: number;
}

export function emptyTally(): Tally {
  return {
    ...{ calls: 0, settled: 0, slowestMs: 0, failures: new Map(), recoveryMs: 0, orphans: 0 },
    ...{ pending: 0, malformed: [], lost: 0, undead: 0, ghosts: 0, wrong: 0, doubleSpends: 0, burnt: 0 },
  };
}

/** The broken promises among what was counted, in words; none of a sound backend. */
export function broken(tally: Tally): string[] {
  const { pending, lost, undead, ghosts, wrong, doubleSpends, burnt } = tally;
  const counts = Object.entries({ pending, lost, undead, ghosts, wrong, doubleSpends, burnt });
  return [
    ...counts.filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`),
    ...new Set(tally.malformed.map((says) => `an error ${says}`)),
  ];
}
