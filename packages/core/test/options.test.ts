import { describe, expect, it } from 'vitest';
import { refuseUnknownOptions, resolveOptions } from '../src/options.ts';

describe('options', () => {
  it('have the documented defaults, also where they are undefined', () => {
    const defaults = {
      keyPrefix: 'atxp:oauth:',
      serverKeyPrefix: 'oauth:',
      commandTimeout: 2000,
      maxCallsInFlight: 10_000,
      maxRetriesPerRequest: 3,
      retryDelayOnFailover: 100,
    };
    expect(resolveOptions()).toMatchObject(defaults);
    expect(resolveOptions({ keyPrefix: undefined, commandTimeout: undefined })).toMatchObject(defaults);
  });

  it.each([
    [{ keyPrefix: '' }, /^keyPrefix must not be empty/],
    [{ keyPrefix: 7 }, /^keyPrefix must be a string, received a number/],
    [{ keyPrefix: '\ud800' }, /^keyPrefix must be well-formed/],
    [{ serverKeyPrefix: 'x'.repeat(1025) }, /^serverKeyPrefix must not be longer/],
    [{ commandTimeout: 0 }, /^commandTimeout must be from 1/],
    [{ commandTimeout: '2000' }, /^commandTimeout must be a whole number, received a string/],
    [{ commandTimeout: Number.NaN }, /^commandTimeout must be a whole number, received NaN/],
    [{ commandTimeout: 2 ** 31 }, /^commandTimeout must be from 1 to 2147483647/],
    [{ maxRetriesPerRequest: -1 }, /^maxRetriesPerRequest must be from 0/],
    [{ retryDelayOnFailover: 1.5 }, /^retryDelayOnFailover must be a whole number/],
    [{ maxCallsInFlight: 0 }, /^maxCallsInFlight must be from 1/],
    [{ now: 1_700_000_000_000 }, /^now must be a function, received a number/],
    [{ keyPrefix: 'oauth:' }, /must not begin with one another/],
    [{ keyPrefix: 'oauth:held:' }, /must not begin with one another/],
    [{ keyPrefix: 'o' }, /must not begin with one another/],
  ])('%j are a TypeError that names what is wrong', (options, says) => {
    expect(() => resolveOptions(options as object)).toThrow(says);
    expect(() => resolveOptions(options as object)).toThrow(TypeError);
  });

  it('that nobody knows are a TypeError: a misspelt one would do nothing', () => {
    expect(() => refuseUnknownOptions({ keyprefix: 'x' }, ['keyPrefix'])).toThrow(
      /unknown option keyprefix; known are keyPrefix/,
    );
  });
});
