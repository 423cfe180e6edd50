import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { DatabaseOptions } from '../../options.ts';
import type { Behaviour } from '../suite.ts';
import { contend, hour, refuses } from '../tools.ts';
import { everyLoss, everySchedule, type Change } from './replacing-steps.ts';

const CONTENDERS = 50;

const sealing = (): DatabaseOptions => ({ secrets: { keys: [{ id: 'k1', key: randomBytes(32) }] } });

const changes: readonly Change[] = [
  [null, 'new'],
  ['old', 'new'],
  ['old', null],
  ['old', 'old'],
];

export const replacing: Behaviour = {
  name: 'replacing a token that is still the expected one',
  isOfSecrets: true,
  cases: [
    {
      name: 'stores one where there is none, and only there',
      run: async (t) => {
        const db = await t.database();
        assert.equal(await db.replaceToken('k', null, 'first'), true);
        assert.equal(await db.replaceToken('k', null, 'second'), false);
        assert.equal(await db.replaceToken('k', null, 'first'), false);
        assert.equal(await db.getToken('k'), 'first');
        assert.equal(await t.value('held:k'), 'first');
      },
    },
    {
      name: 'replaces and deletes what is expected, and nothing else',
      run: async (t) => {
        for (const options of [{}, sealing()]) {
          const db = await t.database(options);
          await db.storeToken('k', 'old');
          for (const other of ['', 'OLD', 'old\0', 'old ', 'new', 'null']) {
            assert.equal(await db.replaceToken('k', other, 'new'), false, other);
            assert.equal(await db.replaceToken('k', other, null), false, other);
          }
          assert.equal(await db.getToken('k'), 'old');
          assert.equal(await db.replaceToken('k', 'old', ''), true);
          assert.equal(await db.replaceToken('k', null, 'new'), false, 'an empty token is one');
          assert.equal(await db.replaceToken('k', '', 'oauthdb:1:x'), true);
          assert.equal(await db.getToken('k'), 'oauthdb:1:x');
          assert.equal(await db.replaceToken('k', 'oauthdb:1:x', null), true);
          assert.equal(await db.replaceToken('k', 'oauthdb:1:x', null), false);
          assert.equal(await db.replaceToken('none', 'old', 'new'), false);
          assert.deepEqual(await db.getTokens(['k', 'none']), [null, null]);
        }
      },
    },
    {
      name: 'gives it the expiry that is named, and else none',
      run: async (t) => {
        const db = await t.database();
        const soon = (): Date => new Date(t.at().now + 1000 * hour);
        assert.equal(await db.replaceToken('k', null, 'a', soon()), true);
        assert.notEqual((await db.getTokenExpiry('k'))?.expiresAt ?? null, null);
        assert.equal(await db.replaceToken('k', 'a', 'b'), true);
        assert.deepEqual(await db.getTokenExpiry('k'), { expiresAt: null });
        assert.equal(await db.replaceToken('k', 'b', 'b', soon()), true);
        assert.notEqual((await db.getTokenExpiry('k'))?.expiresAt ?? null, null);
      },
    },
    {
      name: 'stores nothing that has ended, and deletes what is expected instead',
      run: async (t) => {
        const db = await t.database();
        const past = new Date(t.at().now - 1);
        await db.storeToken('k', 'old');
        assert.equal(await db.replaceToken('k', 'other', 'new', past), false);
        assert.equal(await db.replaceToken('k', null, 'new', past), false);
        assert.equal(await db.getToken('k'), 'old');
        assert.equal(await db.replaceToken('k', 'old', 'new', past), true);
        assert.equal(await db.replaceToken('k', null, 'new', past), true);
        assert.equal(await db.getToken('k'), null);
      },
    },
    {
      name: 'takes what has ended for none',
      run: async (t) => {
        if (!t.supports.clock) return;
        const db = await t.database();
        await db.storeToken('k', 'old', t.clock.in(hour));
        t.clock.advance(hour);
        assert.equal(await db.replaceToken('k', 'old', 'new'), false);
        assert.equal(await db.replaceToken('k', null, 'new', t.clock.in(hour)), true);
        assert.equal(await db.getToken('k'), 'new');
        t.clock.advance(hour);
        assert.equal(await db.replaceToken('k', null, 'next'), true);
      },
    },
    {
      name: 'is done by one of fifty, who then store, replace and delete',
      run: async (t) => {
        for (const options of [{}, sealing()]) {
          const databases = await contend(5, () => t.database(options));
          const race = async (
            expected: string | null,
            token: (i: number) => string | null,
          ): Promise<number> => {
            const answers = await contend(CONTENDERS, async (i) =>
              databases[i % 5]?.replaceToken('k', expected, token(i)),
            );
            const winners = answers.flatMap((replaced, i) => (replaced === true ? [i] : []));
            assert.equal(winners.length, 1);
            return winners[0] ?? -1;
          };
          const first = await race(null, (i) => `first ${i}`);
          assert.equal(await databases[0]?.getToken('k'), `first ${first}`);
          const second = await race(`first ${first}`, (i) => `second ${i}`);
          assert.equal(await databases[1]?.getToken('k'), `second ${second}`);
          await race(`second ${second}`, () => null);
          assert.equal(await databases[2]?.getToken('k'), null);
        }
      },
    },
    {
      name: 'is done by one of two who meet, in every order',
      run: async (t) => {
        const rivals: Change[] = [
          ['old', 'theirs'],
          ['old', null],
        ];
        for (const options of [{}, sealing()]) {
          for (const [expected, theirs] of rivals) {
            await everySchedule(
              t,
              ['old', 'mine'],
              (db) => db.replaceToken('k', expected, theirs),
              (mine, won, now) => assert.deepEqual([mine, won, now], [false, true, theirs]),
              options,
            );
          }
          await everySchedule(
            t,
            [null, 'mine'],
            (db) => db.replaceToken('k', null, 'theirs'),
            (mine, won, now) => assert.deepEqual([mine, won, now], [false, true, 'theirs']),
            options,
          );
        }
      },
    },
    {
      name: 'is done where the same token was only sealed anew meanwhile',
      run: (t) =>
        everySchedule(
          t,
          ['old', 'mine'],
          (db) => db.storeToken('k', 'old'),
          (mine, _, now) => assert.deepEqual([mine, now], [true, 'mine']),
          sealing(),
        ),
    },
    {
      name: 'is known to be done when a reply was lost',
      run: async (t) => {
        for (const options of [{}, sealing()]) {
          for (const change of changes) {
            const nothing = async (): Promise<void> => {};
            await everyLoss(
              t,
              change,
              nothing,
              (answer, now) => assert.deepEqual([answer, now], [true, change[1]]),
              options,
            );
          }
        }
      },
    },
    {
      name: 'is never said to have failed when a reply was lost, and others came since',
      run: async (t) => {
        for (const change of changes) {
          await everyLoss(
            t,
            change,
            (db) => db.storeToken('k', 'third'),
            (answer, now, lost) =>
              assert.deepEqual([answer, now], [lost === 'commit' ? 'unknown' : false, 'third']),
          );
        }
      },
    },
    {
      name: 'refuses what it cannot mean, and writes nothing',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old');
        const bad = undefined as never;
        await refuses(() => db.replaceToken('', 'old', 'new'), /key must not be empty/);
        await refuses(
          () => db.replaceToken('k', bad, 'new'),
          /expected must be a string, received undefined/,
        );
        await refuses(() => db.replaceToken('k', 'old', bad), /token must be a string, received undefined/);
        await refuses(() => db.replaceToken('k', null, null), /token must be a string, received null/);
        await refuses(() => db.replaceToken('k', 'hunter2\ud800', 'new'), /expected/, 'hunter2');
        await refuses(() => db.replaceToken('k', 'old', 'hunter2\ud800'), /token/, 'hunter2');
        await refuses(() => db.replaceToken('k', 'old', 'new', 1 as never), /expiresAt must be a Date/);
        await refuses(() => db.replaceToken('k', 'old', null, new Date()), /expiresAt must be left out/);
        assert.equal(await db.getToken('k'), 'old');
      },
    },
  ],
};
