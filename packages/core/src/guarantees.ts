/**
 * What becomes of writes that were acknowledged: `yes`: none is lost. `configured`: that is the server's configuration (see the
 * notes). `window`: the last ones before it may be lost. `no`: all are.
 */
export type Survival = 'yes' | 'configured' | 'window' | 'no';

/**
 * How writes are made durable: `memory`: not at all. `default`: as the backend does by itself. `replicated`: acknowledged once
 * replicas have them, too. `fsync`: acknowledged once they are on disk.
 */
export type DurabilityProfile = 'memory' | 'default' | 'replicated' | 'fsync';

/** What a database promises of what it has acknowledged: stores and deletes, redemptions and revocations alike. */
export interface Guarantees {
  readonly profile: DurabilityProfile;
  readonly survives: {
    /** The end of this process, however it comes. */
    readonly processCrash: Survival;
    /** The end of the database's process; of one inside of this process, the same as `processCrash`. */
    readonly serverCrash: Survival;
    /** The end of the machine that the database is on, whose disk stays whole. */
    readonly powerLoss: Survival;
    /** The loss of that machine, where another one takes over; `no` where none does. */
    readonly failover: Survival;
  };
  /**
   * How far "one winner" goes for what is single use. `always`, or `until_failover`: what was redeemed may be there again after
   * another machine has taken over, if it did not know of it.
   */
  readonly singleUse: 'always' | 'until_failover';
  /** What else there is to know, in sentences: what it rests on, and what nobody can promise. */
  readonly notes: readonly string[];
}

/** The same, so that nobody can change what all databases on the store share. */
export function frozenGuarantees(guarantees: Guarantees): Guarantees {
  Object.freeze(guarantees.survives);
  Object.freeze(guarantees.notes);
  return Object.freeze(guarantees);
}

/** Those of what is in the memory of this process. */
export const MEMORY_GUARANTEES: Guarantees = frozenGuarantees({
  profile: 'memory',
  survives: { processCrash: 'no', serverCrash: 'no', powerLoss: 'no', failover: 'no' },
  singleUse: 'always',
  notes: ['Everything is in the memory of this process, and ends with it.'],
});
