import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';

const examples = new URL('../../../examples/', import.meta.url);
// A test starts up to six programs, one after the other, on a machine that may have a lot else to do.
vi.setConfig({ testTimeout: 120_000 });

const FLAGS = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source'];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  /** What `pattern` matches in what it prints, as soon as it does; throws if it ends before. */
  printed(pattern: RegExp): Promise<readonly string[]>;
  readonly ended: Promise<Ended>;
  /** Ends it, as Ctrl-C does. */
  stop(): Promise<Ended>;
}

/** A directory in which an example leaves what it leaves, gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'oauthdb-examples-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts a program of an example, as its `start` script does, in `cwd`; it ends with the test at the latest. */
export function start(
  program: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  given: readonly string[] = [],
): Started {
  const args = [...FLAGS, fileURLToPath(new URL(program, examples)), ...given];
  const { NODE_OPTIONS: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { ...inherited, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const stop = (): Promise<Ended> => {
    child.kill('SIGINT');
    return ended;
  };
  const printed = async (pattern: RegExp): Promise<readonly string[]> => {
    for (;;) {
      const match = pattern.exec(stdout);
      if (match !== null) return match;
      const more = once(child.stdout, 'data');
      const over = ended.then(() => {
        throw new Error(`it never printed ${String(pattern)}, but: ${stdout}${stderr}`);
      });
      await Promise.race([more, over]);
    }
  };
  return { printed, ended, stop };
}
