import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { endOfPrefix } from '../src/key-range.ts';
import type { SqliteDriver } from '../src/index.ts';
import { openDriver, put, soon, valueOf } from './temporary.ts';

const start = 1_700_000_000_000;

function opened(): { driver: SqliteDriver; rows: (table: string) => number } {
  const client = new Database(':memory:');
  const rows = (table: string): number =>
    client.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  return { driver: openDriver({ client }), rows };
}

/** All that is listed, in pages of three, and what came last. */
async function listed(
  driver: SqliteDriver,
  where: { prefix: string } | { tag: { name: string } },
): Promise<string[]> {
  const items: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await driver.list(where, after === undefined ? { limit: 3 } : { after, limit: 3 }, soon());
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

describe('rows', () => {
  it('of an entry that is overwritten, deleted or taken are gone with it', async () => {
    const { driver, rows } = opened();
    const tags = [
      { name: 'user', member: 'm' },
      { name: 'client', member: 'm' },
    ];
    const tagged = (key: string): Promise<unknown> =>
      driver.commit({ puts: [{ key, value: 'v', expiresAt: null, tags }] }, soon());
    await tagged('a');
    expect(rows('tag')).toBe(2);
    await put(driver, 'a', 'without tags');
    expect(rows('tag')).toBe(0);
    await tagged('a');
    await driver.commit({ deletes: [{ key: 'a' }] }, soon());
    expect(rows('tag')).toBe(0);
    await tagged('a');
    await driver.take({ key: 'a', attempt: 'x', rememberMs: 1 }, soon());
    expect([rows('tag'), rows('entry'), rows('taken')]).toEqual([0, 0, 1]);
    await tagged('a');
    expect(rows('taken')).toBe(0);
  });

  it('of what has expired are swept by writes, a hundred at a time', async () => {
    const { driver, rows } = opened();
    const puts = Array.from({ length: 250 }, (_, i) => ({
      key: `key ${i}`,
      value: 'v',
      expiresAt: start + 1000,
      tags: [{ name: 'tag', member: `${i}` }],
    }));
    await driver.commit({ puts }, soon(20_000, start));
    for (const key of ['key 0', 'key 1']) {
      await driver.take({ key, attempt: key, rememberMs: 1000 }, soon(20_000, start));
    }
    expect([rows('entry'), rows('tag'), rows('taken')]).toEqual([248, 248, 2]);
    const later = start + 1001;
    const left: number[][] = [];
    for (let i = 0; i < 3; i++) {
      await driver.commit({}, soon(20_000, later));
      left.push([rows('entry'), rows('tag'), rows('taken')]);
    }
    expect(left).toEqual([
      [148, 148, 2],
      [48, 48, 2],
      [0, 0, 0],
    ]);
  });

  it('that two entries share in a list stay as long as one of the two', async () => {
    const { driver } = opened();
    const tags = [{ name: 'tag', member: 'shared' }];
    for (const key of ['a', 'b'])
      await driver.commit({ puts: [{ key, value: 'v', expiresAt: null, tags }] }, soon());
    await driver.commit({ deletes: [{ key: 'b', tags }] }, soon());
    expect(await listed(driver, { tag: { name: 'tag' } })).toEqual(['shared']);
    await driver.commit({ deletes: [{ key: 'a', tags }] }, soon());
    expect(await listed(driver, { tag: { name: 'tag' } })).toEqual([]);
  });
});

describe('text', () => {
  const odd = [
    'a',
    'a\0',
    'a\0\0',
    'a\0b',
    'ab',
    'a%',
    'a_',
    'a*',
    'a?',
    'a[b]',
    'A',
    'á',
    'a\u0301',
    'é',
    '\0',
    '\u{1f600}',
    '\u{1f600}a',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\uffffx',
    '\u{10000}',
    '\u{10ffff}',
    '\u{10ffff}\u{10ffff}',
    '__proto__',
    "'; DROP TABLE entry; --",
    '1',
    '1.0',
    ' a',
    'a ',
    '\n',
    '\ufeff',
  ];

  it('is kept apart, given back and listed as it is, whatever it is made of', async () => {
    const { driver } = opened();
    for (const key of odd) {
      const tags = [
        { name: `tag ${key}`, member: key },
        { name: 'all', member: key },
      ];
      await driver.commit({ puts: [{ key, value: `value of ${key}`, expiresAt: null, tags }] }, soon());
    }
    const inOrder = odd.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of odd) {
      expect(await valueOf(driver, key)).toBe(`value of ${key}`);
      expect(await listed(driver, { tag: { name: `tag ${key}` } })).toEqual([key]);
      expect(await listed(driver, { prefix: key })).toEqual(inOrder.filter((one) => one.startsWith(key)));
    }
    expect(await listed(driver, { tag: { name: 'all' } })).toEqual(inOrder);
    expect(await listed(driver, { prefix: '' })).toEqual(inOrder);
  });

  it('behind a prefix begins where the prefix ends', () => {
    expect(endOfPrefix('oauth:')).toBe('oauth;');
    expect(endOfPrefix('\ud7ff')).toBe('\ue000');
    expect(endOfPrefix('\uffff')).toBe('\u{10000}');
    expect(endOfPrefix('a\u{10ffff}\u{10ffff}')).toBe('b');
    expect(endOfPrefix('\u{10ffff}')).toBeNull();
    expect(endOfPrefix('')).toBeNull();
  });

  it('that a value must contain is found byte for byte', async () => {
    const { driver } = opened();
    await put(driver, 'k', 'x\0needle%_');
    const take = (containing: string): Promise<unknown> =>
      driver.take({ key: 'k', attempt: 'x', rememberMs: 1000, containing }, soon());
    for (const other of ['x\0n%', 'Needle', 'needle%_ ', '\0x'])
      expect(await take(other)).toEqual({ status: 'refused' });
    expect(await take('\0needle%_')).toEqual({ status: 'taken', value: 'x\0needle%_' });
  });
});
