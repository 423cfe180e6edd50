import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const names = readdirSync(new URL('examples', root)).filter((name) => name !== 'demo');

it('there are examples', () => {
  expect(names.length).toBeGreaterThan(5);
});

describe.each(names)('%s', (name) => {
  it('says how to run it, can be run, is named in the overview, and tested here', () => {
    expect(read(`examples/${name}/README.md`)).toContain(`npm run example ${name}`);
    const { scripts } = JSON.parse(read(`examples/${name}/package.json`)) as {
      scripts: Record<string, string>;
    };
    expect(scripts['start']).toMatch(/ src\/main\.ts$/);
    expect(scripts['typecheck']).toBe('tsc --noEmit -p .');
    expect(read('README.md')).toContain(`(examples/${name})`);
    const tests = readdirSync(fileURLToPath(new URL('.', import.meta.url)));
    const programs = tests.map((test) => read(`tooling/examples/test/${test}`)).join('\n');
    expect(programs).toContain(`'${name}/src/main.ts'`);
  });

  it('fits on two pages', () => {
    expect(existsSync(new URL(`examples/${name}/src/main.ts`, root))).toBe(true);
    expect(read(`examples/${name}/src/main.ts`).split('\n').length).toBeLessThanOrEqual(100);
  });
});
