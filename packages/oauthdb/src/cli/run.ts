import { CommanderError } from 'commander';
import { EXIT, exitCodeOf, lineOf } from './exit-codes.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';
import type { Terminal } from './prompt.ts';

/** Runs the command with what was typed and gives the exit code. */
export async function run(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  terminal: Terminal = process,
): Promise<number> {
  const out = new Output({ stdout: terminal.stdout, stderr: terminal.stderr, env, json: false });
  const interrupted = new AbortController();
  // `| head` is no failure: whoever read had enough.
  terminal.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.refused);
  });
  terminal.stderr.on('error', () => {});
  const interrupt = (): void => {
    // The second one does not wait for anything.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let exitCode: number | undefined;
  const program = createProgram({
    env,
    terminal,
    signal: interrupted.signal,
    exit: (code) => (exitCode = code),
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (interrupted.signal.aborted) return EXIT.interrupted;
    out.error(lineOf(error));
    return exitCodeOf(error);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  return exitCode ?? (interrupted.signal.aborted ? EXIT.interrupted : EXIT.ok);
}
