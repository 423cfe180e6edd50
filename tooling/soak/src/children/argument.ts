import type { Target } from '../target.ts';

/** The store that this process works on, and what else it was told. */
export function told(): { target: Target; words: readonly string[] } {
  const [target = '', ...words] = process.argv.slice(2);
  return { target: JSON.parse(target) as Target, words };
}

/** Says that it is ready, and waits until standard input ends, so that several processes begin at once. */
export async function begin(): Promise<void> {
  process.stdout.write('ready\n');
  for await (const _ of process.stdin);
}
