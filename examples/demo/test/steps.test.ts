import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chapters } from '../src/chapters/index.ts';
import { stepsOf } from '../src/steps.ts';

describe.each(chapters.map((chapter) => [chapter.title, chapter] as const))('%s', (_, { file }) => {
  const source = readFileSync(fileURLToPath(file), 'utf8');
  const steps = stepsOf(file);

  it('shows every line of code that runs, and no other', () => {
    const body = source.slice(source.indexOf('say('), source.lastIndexOf('  },\n'));
    const run = body.split('\n').filter((line) => line.trim() !== '' && !/^ *say\(/.test(line));
    const [first = '', ...others] = [...steps.values()];
    const shown = [first.replace(/^import .*\n+/gm, ''), ...others].join('\n').split('\n');
    expect(shown.filter((line) => line !== '').map((line) => `    ${line}`)).toEqual(run);
  });

  it('has a title on each step, once', () => {
    expect(steps.size).toBe(source.match(/\bsay\(/g)?.length);
    expect([...steps.values()]).not.toContain('');
  });

  it('fits on a terminal', () => {
    const lines = [...steps.keys(), ...steps.values()].flatMap((text) => text.split('\n'));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });
});
