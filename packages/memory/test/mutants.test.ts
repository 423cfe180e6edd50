import { failures } from '@oauthdb/core/conformance';
import { describe, expect, it } from 'vitest';
import { atomicity } from './mutants/atomicity.ts';
import { listing } from './mutants/listing.ts';
import { opens } from './mutants/mutant.ts';
import { singleUse } from './mutants/single-use.ts';
import { time } from './mutants/time.ts';
import { values } from './mutants/values.ts';

describe('a driver that is broken on purpose fails the suite', () => {
  for (const mutant of [...atomicity, ...time, ...listing, ...singleUse, ...values]) {
    it(`${mutant.name}: caught by “${mutant.caughtBy}”`, async () => {
      const caughtBy = (await failures({ open: opens(mutant) })).map(({ name }) => name);
      expect(caughtBy.join('\n')).toContain(mutant.caughtBy);
    });
  }
});

it('a driver that is wrapped and not broken passes', async () => {
  const wrapped = opens({ name: 'sound', caughtBy: 'nothing', breaks: () => ({}) });
  expect(await failures({ open: wrapped })).toEqual([]);
});
