import { frozenGuarantees, MEMORY_GUARANTEES, type Guarantees } from '@oauthdb/core';
import type { Mutant } from './mutant.ts';

const { survives } = MEMORY_GUARANTEES;

/** A driver that promises something else. */
function promising(more: Partial<Guarantees>): () => { guarantees: Guarantees } {
  return () => ({
    guarantees: frozenGuarantees({
      ...MEMORY_GUARANTEES,
      survives: { ...survives },
      notes: [...MEMORY_GUARANTEES.notes],
      ...more,
    }),
  });
}

export const guarantees: readonly Mutant[] = [
  {
    name: 'the guarantees say nothing of a failover',
    caughtBy: 'guarantees › say for each fault',
    breaks: promising({ survives: { processCrash: 'no', serverCrash: 'no', powerLoss: 'no' } as never }),
  },
  {
    name: 'the guarantees rest on nothing',
    caughtBy: 'guarantees › say for each fault',
    breaks: promising({ notes: [] }),
  },
  {
    name: 'the guarantees are of a profile that there is not',
    caughtBy: 'guarantees › say for each fault',
    breaks: promising({ profile: 'strong' as never }),
  },
  {
    name: 'what is in memory is said to survive the process',
    caughtBy: 'guarantees › claim no more than the backend supports',
    breaks: promising({ survives: { ...survives, processCrash: 'yes' } }),
  },
  {
    name: 'what is in memory is said to be on disk',
    caughtBy: 'guarantees › claim no more than the backend supports',
    breaks: promising({ profile: 'fsync' }),
  },
  {
    name: 'what is in memory is said to survive a failover',
    caughtBy: 'guarantees › claim no more than the backend supports',
    breaks: promising({ survives: { ...survives, failover: 'window' } }),
  },
  {
    name: 'the guarantees can be changed by whoever reads them',
    caughtBy: 'guarantees › are the same for every database on the store',
    breaks: () => ({ guarantees: { ...MEMORY_GUARANTEES, survives: { ...survives } } }),
  },
];
