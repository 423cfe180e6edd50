import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';

// Each run is a process, and a test has up to ten of them; a busy machine takes seconds for one.
vi.setConfig({ testTimeout: 120_000 });

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Without it, each start takes thrice as long. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));
const FLAGS = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source', MAIN];

/** Every secret of these tests begins so; no command may print it unless it is told to. */
export const CANARY = 'canary-';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The database. */
  readonly db?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  /** What comes by standard input. Default: nothing. */
  readonly input?: string;
  readonly cwd?: string;
  /** Whether secrets may be printed. */
  readonly showsSecrets?: boolean;
}

/** Starts the real command. */
export function start(args: readonly string[], { db, env = {}, cwd }: RunOptions = {}): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [...FLAGS, ...args], {
    cwd,
    env: {
      PATH,
      HOME,
      NODE_COMPILE_CACHE: COMPILED,
      ...(db === undefined ? {} : { OAUTHDB_URL: db }),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the real command to its end, and looks for secrets and stacks in all that it says. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(args, options);
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  const ran = await ended(child);
  expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/\n {4}at /);
  if (options.showsSecrets !== true) expect(`${ran.stdout}${ran.stderr}`).not.toContain(CANARY);
  return ran;
}

export async function ended(child: ChildProcess): Promise<Ran> {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}

/** What a command prints that must succeed. */
export async function output(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(args, options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  return stdout;
}

/** What it prints with `--json`: a value for each line. */
export async function values<T = Record<string, unknown>>(
  args: readonly string[],
  options: RunOptions = {},
): Promise<T[]> {
  const text = await output([...args, '--json'], options);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A directory of a test's own. */
export async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'oauthdb-cli-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}
