import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

/** A process that runs one of the scripts in `children/`. */
export interface Child {
  /** The lines that it has printed so far, and those to come. */
  readonly lines: readonly string[];
  /** Waits until it has printed as many. */
  printed(lines: number): Promise<void>;
  /** Ends its standard input. */
  release(): void;
  kill(): void;
  /** Waits until it has ended and all that it printed has arrived; gives its exit code, `null` where it was killed. */
  ended(): Promise<number | null>;
}

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `children/{script}.ts`, which is killed after the test if it still runs. */
export function start(script: string, ...args: string[]): Child {
  const file = fileURLToPath(new URL(`children/${script}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@oauthdb/source', file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  const closed = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    lines,
    async printed(count) {
      while (lines.length < count) {
        const ended = await Promise.race([once(reader, 'line'), closed.then(() => null)]);
        if (ended === null && lines.length < count)
          throw new Error(`${script} ended after ${lines.length} lines`);
      }
    },
    release: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
    ended: () => closed,
  };
}
