import { frozenGuarantees, type Guarantees } from '@oauthdb/core';

/** Those of a file. */
export const FILE_GUARANTEES: Guarantees = frozenGuarantees({
  profile: 'fsync',
  survives: { processCrash: 'yes', serverCrash: 'yes', powerLoss: 'yes', failover: 'no' },
  singleUse: 'always',
  notes: [
    'Every write is followed by an fsync before it is acknowledged.',
    'The file is on a local disk that keeps what it says it has written, and is lost with it.',
  ],
});
