import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExpiresAt, checkKey, checkToken } from '../src/input.ts';

describe('any string', () => {
  it('is a key as it is, or a TypeError that does not show it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const storable = text !== '' && text.isWellFormed();
        if (storable) expect(checkKey(text)).toBe(text);
        else expect(() => checkKey(text)).toThrow(TypeError);
      }),
      { numRuns: 2000 },
    );
  });

  it('that can be stored comes back from UTF-8 as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (text.isWellFormed()) expect(Buffer.from(checkToken(text)).toString()).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an expiry', () => {
  it('may come from another realm', async () => {
    const { runInNewContext } = await import('node:vm');
    expect(checkExpiresAt(runInNewContext('new Date(1234)'))).toBe(1234);
  });

  it('is never taken for none when it is not a valid Date', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        if (value !== undefined && !(value instanceof Date))
          expect(() => checkExpiresAt(value)).toThrow(TypeError);
      }),
    );
  });
});
