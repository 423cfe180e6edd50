import assert from 'node:assert/strict';
import { everyHeldMethod, everyMethod } from '../every-method.ts';
import type { Behaviour } from '../suite.ts';
import { through } from '../through.ts';
import { oddText, refuses } from '../tools.ts';

const oddKeys = [
  ' ',
  '\0',
  'a\0b',
  'a\nb',
  'a\r\nb',
  '\u007f',
  '{}',
  '{',
  '}',
  'a{b}c',
  '}{',
  '*',
  '?',
  '[a-z]',
  '\\',
  'a\\*b',
  '^$.|+()',
  "'; DROP TABLE entry; --",
  '%',
  '_',
  '"',
  '..',
  '/',
  'a:b',
  ':',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '0',
  '-1',
  'é',
  'e\u0301',
  'ß',
  'SS',
  '\u{1f600}',
  '\u{10ffff}',
  '\ufffd',
  '\ufeff',
  'x'.repeat(8192),
  'ü'.repeat(4096),
];

const wrapped: unknown = new String('k');

const badKeys: [unknown, RegExp][] = [
  ['', /empty/],
  [undefined, /received undefined/],
  [null, /received null/],
  [42, /received a number/],
  [Number.NaN, /received NaN/],
  [true, /received a boolean/],
  [Symbol('k'), /received a symbol/],
  [1n, /received a bigint/],
  [{}, /received an object/],
  [['k'], /received an array/],
  [wrapped, /received an object/],
  ['a\ud800b', /lone surrogate/],
  ['\udc00', /lone surrogate/],
  ['x'.repeat(8193), /8192 bytes/],
  ['ü'.repeat(4097), /8192 bytes/],
];

const badTokens: [unknown, RegExp][] = [
  [undefined, /received undefined/],
  [null, /received null/],
  [42, /received a number/],
  [{ access_token: 'v' }, /received an object/],
  [Buffer.from('v'), /received an object/],
  ['v\ud800', /lone surrogate/],
];

const badDates: [unknown, RegExp][] = [
  [new Date(Number.NaN), /valid Date/],
  [null, /received null/],
  [Number.NaN, /received NaN/],
  [Date.now() + 60_000, /received a number/],
  ['2030-01-01T00:00:00Z', /received a string/],
  [{ getTime: () => 0 }, /received an object/],
];

export const hostileInput: Behaviour = {
  name: 'hostile input',
  cases: [
    {
      name: 'keeps every odd key apart and gives it back as it was',
      run: async (t) => {
        const db = await t.database();
        for (const key of oddKeys) await db.storeToken(key, `token of ${key}`);
        for (const key of oddKeys) {
          assert.equal(await db.getToken(key), `token of ${key}`, JSON.stringify(key.slice(0, 40)));
          assert.equal(await db.hasToken(key), true);
        }
        assert.deepEqual(
          await db.getTokens(oddKeys),
          oddKeys.map((key) => `token of ${key}`),
        );
        if (t.supports.scan) assert.deepEqual((await db.listTokens()).toSorted(), [...oddKeys].toSorted());
        assert.equal(await db.deleteTokens(oddKeys), oddKeys.length);
      },
    },
    {
      name: 'keeps every odd token as it was',
      run: async (t) => {
        const db = await t.database();
        const tokens = [
          ...oddKeys,
          '',
          '{"access_token":"v"}',
          'x'.repeat(2 ** 20),
          '\u{1f600}'.repeat(2 ** 18),
        ];
        for (const token of tokens) {
          await db.storeToken('k', token);
          const back = await db.getToken('k');
          assert.ok(
            back === token,
            `${JSON.stringify(token.slice(0, 40))} came back as ${JSON.stringify(back?.slice(0, 40))}`,
          );
          assert.equal(await db.hasToken('k'), true);
        }
      },
    },
    {
      name: 'keeps two thousand random keys apart, and gives each back as it was',
      run: async (t) => {
        const db = await t.database();
        const keys = [...new Set(Array.from({ length: 2000 }, (_, i) => oddText(1 + (i % 12))))];
        await db.storeTokens(keys.map((key) => ({ key, token: `token of ${key}` })));
        assert.deepEqual(
          await db.getTokens(keys),
          keys.map((key) => `token of ${key}`),
        );
        if (t.supports.scan) assert.deepEqual((await db.listTokens()).toSorted(), keys.toSorted());
      },
    },
    {
      name: 'sends nothing of what it refuses',
      run: async (t) => {
        let calls = 0;
        const db = t.issuerOver(through(t.driver, (work) => ((calls += 1), work())));
        const attempts = badKeys.flatMap(([bad]) => {
          const word = bad as string;
          const { listTokens: _all, scanTokens: _every, ...held } = everyHeldMethod(db, word, 'v');
          // Where it is left out, they list everything.
          const {
            'clients.list': _list,
            'clients.listPage': _page,
            ...issued
          } = everyMethod(db, {
            ...{ client_id: word, username: word, state: word, code: word },
            ...{ jti: word, token: word, session: word },
          });
          // A record is what JSON makes of it: without what is undefined, and with strings for their wrappers.
          const inRecords = bad === undefined || bad === wrapped ? [] : Object.values(issued);
          return [...Object.values(held), ...inRecords];
        });
        for (const [bad] of badTokens) attempts.push(() => db.storeToken('k', bad as string));
        for (const [bad] of badDates) attempts.push(() => db.storeToken('k', 'v', bad as Date));
        assert.ok(attempts.length > 150);
        for (const attempt of attempts) await refuses(async () => attempt(), /./);
        assert.equal(calls, 0);
      },
    },
    {
      name: 'refuses a bad key with a TypeError, in every method, and writes nothing',
      run: async (t) => {
        const db = await t.database();
        for (const [bad, says] of badKeys) {
          const key = bad as string;
          await refuses(() => db.storeToken(key, 'v'), says);
          await refuses(() => db.getToken(key), says);
          await refuses(() => db.hasToken(key), says);
          await refuses(() => db.deleteToken(key), says);
          await refuses(() => db.replaceToken(key, null, 'v'), says);
          await refuses(() => db.getTokenExpiry(key), says);
          await refuses(() => db.getTokens([key]), says);
          await refuses(() => db.storeTokens([{ key, token: 'v' }]), says);
          await refuses(() => db.deleteTokens([key]), says);
        }
        if (t.supports.scan) assert.deepEqual(await db.listTokens(), []);
      },
    },
    {
      name: 'refuses a bad token with a TypeError that does not show it, and leaves the old one',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old');
        for (const [bad, says] of badTokens) {
          await refuses(() => db.storeToken('k', bad as string), says);
          await refuses(() => db.storeTokens([{ key: 'k', token: bad as string }]), says);
        }
        await refuses(() => db.storeToken('k', 'hunter2\ud800'), /token/, 'hunter2');
        await refuses(() => db.storeToken('hunter2\ud800', 'v'), /key/, 'hunter2');
        assert.equal(await db.getToken('k'), 'old');
      },
    },
    {
      name: 'refuses a bad expiry with a TypeError, and never takes it for none',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old');
        for (const [bad, says] of badDates) {
          await refuses(() => db.storeToken('k', 'new', bad as Date), says);
          await refuses(() => db.storeTokens([{ key: 'k', token: 'new', expiresAt: bad as Date }]), says);
        }
        assert.equal(await db.getToken('k'), 'old');
      },
    },
  ],
};
