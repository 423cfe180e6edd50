/** How much of everything is done. */
export interface Plan {
  /** How long a fault lasts, in milliseconds. */
  readonly faultMs: number;
  /** How many calls redeem codes, over all processes. */
  readonly consumes: number;
  /** How often a store, or a process that writes to it, is killed. */
  readonly kills: number;
  /** How many slots of a cluster are moved. */
  readonly slots: number;
  readonly wanted: (fault: string, backend: string) => boolean;
}

/** A plan that takes about so many minutes on two cores. */
export function planFor(minutes: number, only?: RegExp): Plan {
  const share = Math.max(0.02, minutes / 10);
  return {
    faultMs: Math.round(Math.min(6000, Math.max(300, 2500 * share))),
    consumes: Math.round(Math.min(1_000_000, 1_000_000 * share)),
    kills: Math.round(Math.min(200, Math.max(3, 200 * share))),
    slots: Math.round(Math.min(3000, Math.max(30, 1500 * share))),
    wanted: (fault, backend) => only === undefined || only.test(`${fault} ${backend}`),
  };
}
