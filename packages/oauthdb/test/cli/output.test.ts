import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output } from '../../src/cli/output.ts';
import { duration, moment, size } from '../../src/cli/parse.ts';
import { redacted } from '../../src/cli/redact.ts';
import { printable, sizeOf, spanOf } from '../../src/cli/text.ts';

async function printed(
  isTTY: boolean,
  env: NodeJS.ProcessEnv,
  work: (out: Output) => Promise<unknown>,
): Promise<string> {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  await work(new Output({ stdout, stderr: stdout, json: false, env }));
  return String(stdout.read() ?? '');
}

const rows = [
  { key: 'a', count: 1 },
  { key: 'b\u001b[31m\n', count: 2 },
];

describe('a listing', () => {
  it('is a table on a terminal', async () => {
    const text = await printed(true, { NO_COLOR: '1' }, (out) => out.rows(rows));
    expect(text).toMatch(/┌.*┐\n│ key +│ count │/);
    expect(text).not.toContain('\u001b');
  });

  it('is lines with tabs elsewhere', async () => {
    expect(await printed(false, {}, (out) => out.rows(rows))).toBe('a\t1\nb\\u{1b}[31m\\n\t2\n');
  });

  it('has colours on a terminal that wants them', async () => {
    expect(await printed(true, {}, (out) => out.rows(rows))).toContain('\u001b[1m');
    expect(await printed(true, { TERM: 'dumb' }, (out) => out.rows(rows))).not.toContain('\u001b');
    expect(await printed(false, {}, (out) => out.record({ a: 1 }))).toBe('a\t1\n');
  });

  it('waits for its reader, and holds little', async () => {
    const stdout = new PassThrough({ highWaterMark: 10 });
    const out = new Output({ stdout, stderr: stdout, json: true, env: {} });
    let made = 0;
    const many = function* () {
      for (; made < 1000; made++) yield { n: made };
    };
    const done = out.rows(many());
    await new Promise(setImmediate);
    expect(made).toBeLessThan(10);
    stdout.resume();
    expect(await done).toBe(1000);
  });
});

it('what comes from the database commands no terminal', () => {
  expect(printable('a\u001b]0;x\u0007\r\u202eb\tc')).toBe(String.raw`a\u{1b}]0;x\u{7}\u{d}\u{202e}b\tc`);
});

it('times and sizes', () => {
  expect([spanOf(86_400_000 * 3 + 3_600_000 * 4), spanOf(90_000), spanOf(5)]).toEqual([
    '3 d 4 h',
    '1 min 30 s',
    '5 ms',
  ]);
  expect([sizeOf(0), sizeOf(1023), sizeOf(1536), sizeOf(2 ** 31)]).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '2.0 GiB',
  ]);
  expect([duration('90s'), duration('6h'), duration('1.5d')]).toEqual([90_000, 21_600_000, 129_600_000]);
  expect([size('256mb'), size('1g'), size('1gb'), size('0')]).toEqual([268_435_456, 1e9, 1_073_741_824, 0]);
  expect(moment(1)('2030-01-01T00:00:00Z')).toBe(Date.UTC(2030, 0));
  expect(moment(-1)('1h')).toBeLessThan(Date.now());
  for (const wrong of ['', '5', 'h', '5 h', '-5h', 'soon']) expect(() => duration(wrong)).toThrow(/duration/);
});

describe('of a command', () => {
  const prefixes = { held: 'atxp:oauth:', issued: 'oauth:' };

  it.each([
    [['get', 'oauth:token:jti_123'], 'GET oauth:token:jti_123'],
    [['GET', 'oauth:refresh:secret'], /^GET oauth:refresh:#[0-9a-f]{12}$/],
    [
      ['SET', 'atxp:oauth:user_123', 'secret', 'PX', '1000'],
      'SET atxp:oauth:user_123 <6 bytes> PX <4 bytes>',
    ],
    [['SET', 'oauth:token:x', 'oauth:secret'], 'SET oauth:token:x <12 bytes>'],
    [['DEL', 'oauth:client:a', 'other:secret'], 'DEL oauth:client:a <key of 12 bytes>'],
    [['AUTH', 'secret'], 'AUTH <6 bytes>'],
    [['HELLO', '3', 'AUTH', 'u', 'secret'], 'HELLO <1 bytes> <4 bytes> <1 bytes> <6 bytes>'],
    [
      ['EVALSHA', 'sha', '1', 'oauth:code:secret', 'secret'],
      /^EVALSHA <3 bytes> <1 bytes> oauth:code:#[0-9a-f]{12} <6 bytes>$/,
    ],
    [['EVAL', 'x', '99999999', 'oauth:token:a'], 'EVAL <1 bytes> <8 bytes> oauth:token:a'],
    [['GET', '{oauth:code:secret}:used'], /^GET \{oauth:code:#[0-9a-f]{12}$/],
    [['GET', '{oauth:user_tokens:u}:expiry'], 'GET {oauth:user_tokens:u}:expiry'],
    [['NEWCOMMAND', 'secret'], 'NEWCOMMAND <key of 6 bytes>'],
    [[], ''],
  ] as const)('%j only that is shown which is no secret', (args, shown) => {
    expect(redacted(args, prefixes)).toEqual(
      typeof shown === 'string' ? shown : expect.stringMatching(shown),
    );
    expect(redacted(args, prefixes)).not.toContain('secret');
  });
});
