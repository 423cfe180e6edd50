import { expect, it } from 'vitest';
import { parseMonitored } from '../src/index.ts';

it('reads what MONITOR says', () => {
  const line = '1339518083.107412 [3 127.0.0.1:60866] "SET" "a \\"b\\" \\\\ c" "\\xc3\\xa4\\n\\x00" ""';
  expect(parseMonitored(line)).toEqual({
    at: 1339518083107.412,
    args: ['SET', 'a "b" \\ c', 'ä\n\0', ''],
    source: '127.0.0.1:60866',
    db: 3,
  });
});

it('reads what a script did', () => {
  expect(parseMonitored('1.5 [0 lua] "time"')).toEqual({ at: 1500, args: ['time'], source: 'lua', db: 0 });
});

it.each(['OK', '', 'ERR unknown command'])('takes %j for no command', (line) => {
  expect(parseMonitored(line)).toBe(null);
});
