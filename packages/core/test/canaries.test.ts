import { describe, expect, it } from 'vitest';
import { Canaries } from '../src/conformance/index.ts';

/** What a file looks like in which a text goes on in another page after so many characters. */
function torn(text: string, at: number): Buffer {
  return Buffer.concat([
    Buffer.from(text.slice(0, at)),
    Buffer.from('xyz\xffxyz', 'latin1'),
    Buffer.from(text.slice(at)),
  ]);
}

describe('a canary at rest', () => {
  it.each([
    ['as it is', (text: string) => text],
    ['as base64', (text: string) => Buffer.from(`x${text}`).toString('base64')],
    ['as hex', (text: string) => Buffer.from(text).toString('hex')],
  ])('is found %s', (_, encoded) => {
    const canaries = new Canaries();
    expect(
      canaries.atRest(Buffer.from(`before ${encoded(canaries.secret('code'))} after`), true),
    ).toHaveLength(1);
    expect(canaries.atRest(Buffer.from('before and after'), true)).toEqual([]);
  });

  it('of a kind that stands in names is none of what must not be there, wherever a page ends', () => {
    const canaries = new Canaries();
    const text = canaries.secret('key');
    for (let at = 0; at <= text.length; at++) expect(canaries.atRest(torn(text, at), true)).toEqual([]);
  });

  it('is called by its kind where a page ends within that', () => {
    const canaries = new Canaries();
    const text = canaries.secret('token');
    for (const at of [0, 1, 3, text.length - 4, text.length - 2]) {
      expect(canaries.atRest(torn(text, at), true)).toEqual(['token']);
      expect(canaries.atRest(torn(text, at), false)).toEqual([]);
    }
  });
});
