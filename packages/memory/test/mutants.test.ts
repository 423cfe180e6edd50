import { failures } from '@oauthdb/core/conformance';
import { describe, expect, it } from 'vitest';
import { atomicity } from './mutants/atomicity.ts';
import { gateway } from './mutants/gateway.ts';
import { clients } from './mutants/grants-clients.ts';
import { codes } from './mutants/grants-codes.ts';
import { hiddenFailures } from './mutants/grants-failures.ts';
import { grace } from './mutants/grants-grace.ts';
import { issuing } from './mutants/grants-issuing.ts';
import { lists } from './mutants/grants-lists.ts';
import { revocation } from './mutants/grants-revocation.ts';
import { rotation } from './mutants/grants-rotation.ts';
import { sessions } from './mutants/grants-sessions.ts';
import { guarantees } from './mutants/guarantees.ts';
import { listing } from './mutants/listing.ts';
import { importingRevoked } from './mutants/importing-revoked.ts';
import { backendOf, type Mutant } from './mutants/mutant.ts';
import { operations } from './mutants/operations.ts';
import { replacing } from './mutants/replacing.ts';
import { singleUse } from './mutants/single-use.ts';
import { time } from './mutants/time.ts';
import { values } from './mutants/values.ts';

const drivers: readonly Mutant[] = [
  ...[...atomicity, ...time, ...listing, ...singleUse, ...values],
  ...guarantees,
];
const databases: readonly Mutant[] = [
  ...replacing,
  ...[...clients, ...codes, ...issuing, ...rotation, ...grace],
  ...gateway,
  ...[...revocation, ...sessions, ...lists, ...hiddenFailures],
  ...operations,
  ...importingRevoked,
];

describe('what is broken on purpose fails the suite', () => {
  for (const mutant of [...drivers, ...databases]) {
    it(`${mutant.name}: caught by “${mutant.caughtBy}”`, async () => {
      const failed = await failures(backendOf(mutant), (name) => name.includes(mutant.caughtBy));
      expect(failed).not.toEqual([]);
    });
  }
});

describe('what is wrapped and not broken passes', () => {
  it.each<Mutant>([
    { name: 'a driver', caughtBy: 'nothing', breaks: () => ({}) },
    { name: 'a database', caughtBy: 'nothing', betrays: () => ({}) },
  ])('$name', async (sound) => {
    expect(await failures(backendOf(sound))).toEqual([]);
  });
});
