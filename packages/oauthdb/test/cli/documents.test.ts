import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';

const program = createProgram({
  env: {},
  terminal: process,
  signal: new AbortController().signal,
  exit: () => {},
});
const text = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The commands that a document shows, in its text and in its blocks. */
function shown(document: string): string[] {
  const spans = [...document.matchAll(/`oauthdb ([^`]+)`/g)].map(([, line]) => line as string);
  const lines = [...document.matchAll(/(?:^|[|] |npx |xargs -r )oauthdb ([^|#\n]+)/gm)].map(
    ([, line]) => line as string,
  );
  return [...spans, ...lines].map((line) => line.replaceAll('\\|', '|').trim());
}

/** Why a line is none that this command takes; `null` if it is. */
function complaint(line: string): string | null {
  const words = line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const path: Command[] = [program];
  for (const word of words) {
    const name = word.split(/[,;:]/)[0] ?? '';
    const last = path.at(-1) as Command;
    const next = last.commands.find((one) => name.split('|').includes(one.name()));
    if (next !== undefined) path.push(next);
    else if (path.length === 1 && /^\w/.test(name)) return `no command ${name}`;
    if (!word.startsWith('--')) continue;
    const option = word.split(/[|,=]/)[0] ?? '';
    const known = path.flatMap((one) => one.options).some(({ long }) => long === option);
    if (!known && option !== '--help' && option !== '--version') return `no option ${option}`;
  }
  return null;
}

describe.each(['README.md', 'docs/from-redis-cli.md', 'docs/restore-rdb.md', '../../README.md'])(
  '%s',
  (path) => {
    it('shows commands that there are', async () => {
      const lines = shown(await text(path)).filter(
        (line) => !line.startsWith('<') && !line.startsWith('help'),
      );
      expect(lines.length).toBeGreaterThan(2);
      expect(lines.map((line) => `${line}: ${complaint(line)}`)).toEqual(
        lines.map((line) => `${line}: null`),
      );
    });
  },
);

it('a command that there is not would be noticed', () => {
  expect(complaint('tokns list')).toBe('no command tokns');
  expect(complaint('tokens list --user u')).toBe('no option --user');
  expect(complaint('clients delete a b --yes')).toBe(null);
});

it('the README names every command', async () => {
  const readme = await text('README.md');
  const names = program.commands
    .map((one) => one.name())
    .filter((name) => name !== 'complete' && name !== 'help');
  for (const name of names) expect(readme).toMatch(new RegExp(`\`${name}[\` ]`));
});

it('the README lists every exit code', async () => {
  const [, table = ''] = (await text('README.md')).split('| Exit code |');
  const listed = [...(table.split('\n\n')[0]?.matchAll(/^\| (\d+) /gm) ?? [])].map(([, code]) =>
    Number(code),
  );
  expect(listed).toEqual(Object.values(EXIT));
});
