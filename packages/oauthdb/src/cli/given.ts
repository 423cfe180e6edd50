import type { Context } from './context.ts';
import { readSecret } from './prompt.ts';

/** What an argument names; `-` reads it from standard input, where nobody else sees it. */
export async function given(context: Context, argument: string, what: string): Promise<string> {
  return argument === '-' ? readSecret(context.terminal, what) : argument;
}
