import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type {} from '@oauthdb/test-redis/setup';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { blocks, documents, root, type Block } from '../src/blocks.ts';

const exec = promisify(execFile);

/** Where the workspace's packages resolve, and no other tool looks. */
let place: string;
const nameOf = ({ at }: Block): string => `${at.replaceAll(/[^\w.]+/g, '-')}.ts`;
const programs = blocks().filter(({ file }) => file === undefined);

/** The live servers stand in for those that a document names. */
function onLiveServers(code: string): string {
  const { nodes } = inject('cluster');
  return code
    .replaceAll('redis://localhost:6379', `${inject('standalone').url}/15`)
    .replaceAll('localhost:7000', nodes.map(({ host, port }) => `${host}:${port}`).join(','))
    .replaceAll(/,localhost:700\d/g, '');
}

/** What the comments behind the calls of `console.log` promise. */
function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\);? +\/\/ (.*)$/gm)].map(([, text]) => text as string);
}

/** A program derives keys from passphrases three times, and the machine may be busy. */
const PROGRAM_MS = 60_000;

beforeAll(async () => {
  const dist = fileURLToPath(new URL('../dist', import.meta.url));
  await mkdir(dist, { recursive: true });
  place = await mkdtemp(join(dist, 'blocks-'));
  const tsconfig = {
    extends: '../../../../tsconfig.base.json',
    // As in most projects: process.env.NAME.
    compilerOptions: { noPropertyAccessFromIndexSignature: false },
    include: ['*.ts'],
  };
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify(tsconfig));
  await writeFile(join(place, 'package.json'), '{ "type": "module" }');
  for (const block of programs) await writeFile(join(place, nameOf(block)), onLiveServers(block.code));
});

afterAll(() => rm(place, { recursive: true }));

it('the documents hold code', () => {
  expect(programs.length).toBeGreaterThan(5);
});

it('what they show is well typed', async () => {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { stdout } = await exec(tsc, ['--noEmit', '-p', place]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});

describe('what they show runs, and prints what they say', () => {
  it.each(programs.map((block) => [block.at, block] as const))(
    '%s',
    { timeout: 2 * PROGRAM_MS },
    async (_, block) => {
      const cwd = await mkdtemp(join(tmpdir(), 'oauthdb-readme-'));
      onTestFinished(() => rm(cwd, { recursive: true }));
      const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source'];
      const { stdout } = await exec(process.execPath, [...flags, join(place, nameOf(block))], {
        cwd,
        timeout: PROGRAM_MS,
      });
      const lines = stdout.split('\n').slice(0, -1);
      expect(lines).toEqual(promised(block.code));
    },
  );
});

describe('what they quote is in the file', () => {
  const quotes = blocks().filter(({ file }) => file !== undefined);
  it.each(quotes.map((block) => [block.at, block] as const))('%s', async (_, { code, file = '' }) => {
    expect(await readFile(join(root, file), 'utf8')).toContain(code);
  });
});

it.each(documents())('%s links to what there is', async (document) => {
  const text = await readFile(join(root, document), 'utf8');
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
    ([, target]) => target as string,
  );
  const missing = targets.filter((target) => !existsSync(join(root, dirname(document), target)));
  expect(missing).toEqual([]);
});
