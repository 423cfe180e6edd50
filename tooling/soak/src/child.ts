import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.ts';

/** A process of its own that runs one of the scripts in `children/` on a store. */
export interface Child {
  readonly process: ChildProcess;
  /** What it has printed by its end. */
  readonly printed: Promise<string>;
  /** Waits until it has printed something. */
  readonly begun: Promise<unknown>;
}

export function startChild(script: string, target: Target, ...words: readonly string[]): Child {
  const file = fileURLToPath(new URL(`children/${script}.ts`, import.meta.url));
  const flags = ['--conditions=@oauthdb/source', '--no-warnings', '--expose-gc'];
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(target), ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return {
    process: child,
    printed: once(child, 'close').then(() => text),
    begun: once(child.stdout, 'data'),
  };
}
