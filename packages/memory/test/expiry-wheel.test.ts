import { describe, expect, it } from 'vitest';
import { ExpiryWheel } from '../src/expiry-wheel.ts';
import { Slots } from '../src/slots.ts';
import { CountedSlots } from './counted-slots.ts';

const NOW = 1_700_000_000_000;
const SECOND = 1000;

interface Wheel {
  readonly wheel: ExpiryWheel;
  /** Gives the slot of what ends so many seconds from the beginning. */
  readonly add: (name: string, seconds: number) => number;
  /** What has ended after so many seconds. */
  readonly ended: (seconds: number, limit?: number) => (string | undefined)[];
}

function wheelOf(slots: Slots = new Slots(1)): Wheel {
  const wheel = new ExpiryWheel(slots);
  wheel.advance(NOW, 1, () => {});
  return {
    wheel,
    add: (name, seconds) => {
      const slot = slots.add(name);
      wheel.add(slot, NOW + seconds * SECOND);
      return slot;
    },
    ended: (seconds, limit = 1000) => {
      const names: (string | undefined)[] = [];
      wheel.advance(NOW + seconds * SECOND, limit, (slot) => {
        names.push(slots.key(slot));
        slots.remove(slot);
      });
      return names;
    },
  };
}

describe('the expiry wheel', () => {
  const YEAR = 365 * 86_400;

  it('finds what has ended after any pause, the oldest first', () => {
    const { add, ended } = wheelOf();
    for (const s of [5, 1, 3, 255, 256, 257, 70_000, 20_000_000, YEAR]) add(`at ${s}`, s);
    expect(ended(0)).toEqual([]);
    expect(ended(4)).toEqual(['at 1', 'at 3']);
    expect(ended(256)).toEqual(['at 5', 'at 255', 'at 256']);
    expect(ended(19_999_999)).toEqual(['at 257', 'at 70000']);
    expect(ended(10 * YEAR)).toEqual(['at 20000000', `at ${YEAR}`]);
  });

  it('never finds what has not ended, however it comes near', () => {
    const { add, ended } = wheelOf();
    const ends = Array.from({ length: 400 }, (_, i) => Math.floor(1.05 ** i) + i);
    for (const s of ends) add(String(s), s);
    const last = Number(ends.at(-1));
    const found: string[] = [];
    for (let s = 0; s < last; s = Math.ceil(s * 1.01) + 1) {
      const now = ended(s).map(String);
      for (const name of now) expect(Number(name)).toBeLessThanOrEqual(s);
      found.push(...now);
      expect(found.length).toBe(ends.filter((end) => end <= s).length);
    }
  });

  it('keeps what moved to another end, and forgets what was removed', () => {
    const { wheel, add, ended } = wheelOf();
    const [later, sooner, never, gone] = [
      add('later', 10),
      add('sooner', 99),
      add('never', 10),
      add('gone', 10),
    ];
    wheel.move(later, NOW + 500 * SECOND);
    wheel.move(sooner, NOW + 5 * SECOND);
    wheel.move(never, Infinity);
    wheel.remove(gone);
    expect(ended(9)).toEqual(['sooner']);
    expect(ended(499)).toEqual([]);
    expect(ended(500)).toEqual(['later']);
    wheel.move(never, NOW + 600 * SECOND);
    expect(ended(600)).toEqual(['never']);
  });

  it('takes what had ended before it was added, and stands still while the clock is set back', () => {
    const { add, ended } = wheelOf();
    add('old', 50);
    expect(ended(100)).toEqual(['old']);
    add('older', 30);
    add('new', 150);
    expect(ended(40)).toEqual([]);
    expect(ended(50)).toEqual(['older']);
    expect(ended(150)).toEqual(['new']);
  });

  it('touches no more slots at a time than it is asked to, whatever has ended meanwhile', () => {
    const slots = new CountedSlots(1);
    const { add, ended } = wheelOf(slots);
    for (let i = 0; i < 20_000; i++) add(`${i}`, YEAR + (i % 2));
    let found = 0;
    for (let calls = 1; found < 20_000; calls++) {
      const before = slots.touched;
      found += ended(2 * YEAR, 100).length;
      expect(slots.touched - before).toBeLessThan(2000);
      // Each comes down by a wheel at a time.
      expect(calls).toBeLessThanOrEqual(4 * 200);
    }
  });
});
