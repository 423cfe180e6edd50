import { describe, expect, it } from 'vitest';
import { companion, inOneSlot, slotOf } from '../src/index.ts';

const PIECES = [
  '{',
  '}',
  '{}',
  'a',
  'b',
  ':',
  '~',
  'used',
  'expiry',
  ':used:',
  'é',
  '💥',
  '\0',
  ' ',
  '*',
  'app:',
];

/** Keys of every shape, the same in every run. */
function* oddKeys(count: number): Generator<string> {
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let i = 0; i < count; i++) {
    yield Array.from({ length: 1 + random(8) }, () => PIECES[random(PIECES.length)]).join('');
  }
}

describe('the slot of a key', () => {
  it.each([
    ['123456789', 12_739],
    ['foo', 12_182],
    ['{user1000}.following', 3443],
    ['{user1000}.followers', 3443],
    ['user1000', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', slotOf('{bar')],
    ['foo{bar}{zap}', slotOf('bar')],
    ['é', slotOf('{é}')],
  ])('%s: %d', (key, slot) => {
    expect(slotOf(key)).toBe(slot);
  });

  it('is one for all that prefixes with one hash tag begin', () => {
    expect(inOneSlot(['{a}:x', 'y{a}'])).toBe(true);
    expect(inOneSlot(['{a}:x', '{b}:x'])).toBe(false);
    expect(inOneSlot(['{a}:x', 'a'])).toBe(false);
    expect(inOneSlot(['{}a', '{}a'])).toBe(false);
  });
});

describe('what is kept beside a key', () => {
  const keys = new Set(oddKeys(20_000));

  it('is kept in the same slot, whatever the key', () => {
    const astray = [...keys].filter((key) =>
      (['used', 'expiry'] as const).some((kind) => slotOf(companion(key, kind)) !== slotOf(key)),
    );
    expect(astray).toEqual([]);
  });

  it('is found for every slot', () => {
    const slots = new Set<number>();
    for (let i = 0; slots.size < 16_384 && i < 1_000_000; i++) {
      const key = `a}${i}`;
      if (slots.has(slotOf(key))) continue;
      slots.add(slotOf(key));
      if (slotOf(companion(key, 'used')) !== slotOf(key)) throw new Error(`${key} has none`);
    }
    expect(slots.size).toBe(16_384);
  });

  it('is neither kept beside another key, nor under a key that begins with a prefix of ours', () => {
    const companions = [...keys].flatMap((key) => [companion(key, 'used'), companion(key, 'expiry')]);
    expect(new Set(companions).size).toBe(companions.length);
    for (const prefix of ['app:', 'x{t}:', '{t}:']) {
      expect([...keys].filter((key) => companion(prefix + key, 'used').startsWith(prefix))).toEqual([]);
    }
  });

  it('begins with a brace and with what the key begins with', () => {
    expect(companion('oauth:user_tokens:bob', 'expiry')).toBe('{oauth:user_tokens:bob}:expiry');
    expect(companion('oauth:user_tokens:b{o}b', 'expiry')).toMatch(
      /^\{oauth:user_tokens:b\{o~...\}:expiry:oauth/,
    );
    expect(companion('{t}:code:1', 'used')).toMatch(/^\{\{t~...\}:used:\{t\}:code:1$/);
  });
});
