import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../src/key-index.ts';
import { NONE } from '../src/slots.ts';
import { CountedSlots } from './counted-slots.ts';

describe('the index of keys', () => {
  it('touches a few slots with each key that comes or goes, however many there are', () => {
    const slots = new CountedSlots(1);
    const index = new KeyIndex(slots);
    const key = (i: number): string => `key ${i}`;
    let most = 0;
    const touched = (step: () => void): void => {
      const before = slots.touched;
      step();
      most = Math.max(most, slots.touched - before);
    };
    const count = 40_000;
    for (let i = 0; i < count; i++) touched(() => index.add(key(i), index.hash(key(i))));
    for (let i = 0; i < count; i++) {
      touched(() => expect(slots.key(index.find(key(i), index.hash(key(i))))).toBe(key(i)));
    }
    for (let i = 0; i < count; i += 2) touched(() => index.remove(index.find(key(i), index.hash(key(i)))));
    for (let i = 0; i < count; i++) {
      const slot = index.find(key(i), index.hash(key(i)));
      expect(slot === NONE).toBe(i % 2 === 0);
    }
    for (let i = 1; i < count; i += 2) touched(() => index.remove(index.find(key(i), index.hash(key(i)))));
    expect(index.size).toBe(0);
    // A bucket has one key on average and ten in the worst of so many; some calls walk two of them, and some walk one twice.
    expect(most).toBeLessThan(300);
  });

  it('tells keys apart that differ in one character, and in nothing but their length', () => {
    const slots = new CountedSlots(1);
    const index = new KeyIndex(slots);
    const keys = ['a', 'b', 'ab', 'ba', 'aa', '\0', '\0\0', '\0\0\0', '\u{1F600}', '__proto__', 'A'];
    const found = keys.map((key) => index.add(key, index.hash(key)));
    expect(keys.map((key) => index.find(key, index.hash(key)))).toEqual(found);
    expect(index.find('', index.hash(''))).toBe(NONE);
  });
});
