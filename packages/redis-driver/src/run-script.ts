import type { Sender } from './batch.ts';
import { isUnknownScript } from './errors.ts';
import { CALLS, SCRIPT, SCRIPT_SHA } from './script.ts';

let calls = 0;

type Send = Pick<Sender, 'send'>;

/** Runs the script, by its hash, or by its text where the server does not know it. */
export function runScript(sender: Send, keys: readonly string[], args: readonly string[]): Promise<unknown> {
  const command = ['EVALSHA', SCRIPT_SHA, String(keys.length), ...keys, ...args];
  return sender.send(keys[0] as string, command).catch((error: unknown) => {
    if (!isUnknownScript(error)) throw error;
    return teachScript(sender, keys, args);
  });
}

/** Runs the script by its text, so that the server knows it from then on. */
export function teachScript(
  sender: Send,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  return sender.send(keys[0] as string, ['EVAL', SCRIPT, String(keys.length), ...keys, ...args]);
}

/** Runs the script with the number of a call, and reads the answer; `read` throws for one to another call. */
export function callScript<Answer>(
  sender: Pick<Sender, 'send' | 'misled'>,
  keys: readonly string[],
  args: readonly string[],
  read: (raw: unknown, call: number) => Answer,
  run: typeof runScript = runScript,
): Promise<Answer> {
  calls = (calls + 1) % CALLS;
  const call = calls;
  return run(sender, keys, [...args, String(call)]).then((raw) => {
    try {
      return read(raw, call);
    } catch (error) {
      sender.misled(keys[0] as string);
      throw error;
    }
  });
}
