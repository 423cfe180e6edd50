import { describe, expect, it } from 'vitest';
import { MemoryOAuthDatabase, MemoryStore } from '../src/index.ts';
import { allPages } from './pages.ts';

describe('the memory of a process', () => {
  it('does not grow by what expires', async () => {
    let now = 1_700_000_000_000;
    const store = new MemoryStore();
    const db = new MemoryOAuthDatabase({ store, now: () => now });
    for (let i = 0; i < 20_000; i++) {
      now += 10;
      await db.storeToken(`k${i}`, 'v', new Date(now + 5000));
    }
    expect(store.size).toBeLessThan(1000);
  });

  it('is shared by databases that are given the same store, and by no others', async () => {
    const store = new MemoryStore();
    const [a, b, c] = [
      new MemoryOAuthDatabase({ store }),
      new MemoryOAuthDatabase({ store }),
      new MemoryOAuthDatabase(),
    ];
    await a.storeToken('k', 'v');
    await a.close();
    expect(await b.getToken('k')).toBe('v');
    expect(await c.getToken('k')).toBeNull();
  });

  it('refuses an option that it does not know', () => {
    expect(() => new MemoryOAuthDatabase({ keyprefix: 'x' } as object)).toThrow(/unknown option keyprefix/);
  });

  it('holds what plain maps would, whatever is put, deleted, taken and swept', () => {
    const store = new MemoryStore();
    const entries = new Map<string, { value: string; end: number; lists: string[] }>();
    const taken = new Map<string, { attempt: string; end: number }>();
    const random = randomNumbers(4711);
    let now = 1_700_000_000_000;
    const live = (): [string, { value: string; lists: string[] }][] =>
      [...entries].filter(([, { end }]) => end > now);

    for (let i = 0; i < 60_000; i++) {
      // Often one of a few keys, now and then one of thousands.
      const key = `key ${random(1 << random(14))}`;
      const entry = entries.get(key);
      const isLive = entry !== undefined && entry.end > now;
      const step = random(20);
      if (step < 9) {
        const end = random(5) === 0 ? Infinity : now + 1 + random(10 ** (3 + random(7)));
        const lists = random(3) > 0 ? [] : [`list ${random(5)}`, `other ${random(50)}`];
        const tags = lists.map((name) => ({ name, member: `of ${key}` }));
        store.put(key, `v${i}`, end === Infinity ? null : end, tags);
        entries.set(key, { value: `v${i}`, end, lists });
        taken.delete(key);
      } else if (step < 11) {
        expect(store.delete(key, now)).toBe(isLive);
        entries.delete(key);
      } else if (step < 12 && isLive) {
        store.mark(key, { attempt: `a${i}`, value: entry.value, expiresAt: now + 5000 });
        entries.delete(key);
        taken.set(key, { attempt: `a${i}`, end: now + 5000 });
      } else if (step < 18) {
        expect(store.get(key, now)).toBe(isLive ? entry.value : undefined);
        expect(store.expiresAt(key, now)).toBe(isLive ? entry.end : undefined);
        const mark = taken.get(key);
        const remembered = mark !== undefined && mark.end > now ? mark.attempt : undefined;
        expect(store.marker(key, now)?.attempt).toBe(remembered);
      } else {
        now += random(10 ** (1 + random(random(30) === 0 ? 9 : 4)));
        store.sweep(now);
      }
      if (i % 5000 > 0) continue;
      const keys = allPages((page) => store.list({ prefix: 'key' }, page, now), 7).items;
      expect(keys.toSorted()).toEqual(
        live()
          .map(([name]) => name)
          .toSorted(),
      );
      for (const name of ['list 0', 'list 4', 'other 7']) {
        const members = allPages((page) => store.list({ tag: { name } }, page, now), 7).items;
        const expected = live().filter(([, { lists }]) => lists.includes(name));
        expect(members.toSorted()).toEqual(expected.map(([of]) => `of ${of}`).toSorted());
      }
      const names = allPages((page) => store.tags('list', page, now), 2).items;
      const expected = new Set(
        live().flatMap(([, { lists }]) => lists.filter((name) => name.startsWith('list'))),
      );
      expect(names.toSorted()).toEqual([...expected].toSorted());
    }
    for (const key of entries.keys()) store.delete(key, now);
    expect(store.size).toBe(0);
  });
});

/** The same numbers each time, each below what is asked for. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
