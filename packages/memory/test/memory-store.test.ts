import { describe, expect, it } from 'vitest';
import { ExpiryWheel } from '../src/expiry-wheel.ts';
import { MemoryOAuthDatabase, MemoryStore } from '../src/index.ts';

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
});

describe('the expiry wheel', () => {
  it('finds what is due after any pause, the oldest first, and as much as it is asked for', () => {
    const wheel = new ExpiryWheel();
    for (const seconds of [5, 1, 1_000_000_000, 3]) wheel.add(`at ${seconds}`, seconds * 1000);
    expect([...wheel.due(999, 10)]).toEqual([]);
    expect([...wheel.due(4000, 10)]).toEqual(['at 1', 'at 3']);
    expect([...wheel.due(2_000_000_000_000, 2)]).toEqual(['at 1', 'at 3']);
    wheel.delete('at 1', 1000);
    wheel.delete('at 3', 3000);
    expect([...wheel.due(2_000_000_000_000, 10)]).toEqual(['at 5', 'at 1000000000']);
  });
});
