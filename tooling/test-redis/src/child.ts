import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs a program of its own on the sources of a package, until it ends by itself; it throws if it does not within `ms`. */
export async function runProgram(directory: string, source: string, ms = 10_000): Promise<Ended> {
  const began = performance.now();
  const args = ['--conditions=@oauthdb/source', '--no-warnings', '--input-type=module', '--eval', source];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: directory,
    timeout: ms,
  });
  return { stdout, stderr, ms: performance.now() - began };
}
