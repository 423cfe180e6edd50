const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

interface Listener {
  readonly printed: string[];
}

const listeners = new Set<Listener>();
let restore: (() => void) | undefined;

/**
 * Listens to what this process prints: on the console, on stderr, and as warnings. Standard output itself may be the test runner's.
 * Where several listen at once, all of them hear it.
 */
export function listen(): { readonly printed: readonly string[]; stop(): void } {
  const listener: Listener = { printed: [] };
  listeners.add(listener);
  restore ??= tap();
  return {
    printed: listener.printed,
    stop: () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      restore?.();
      restore = undefined;
    },
  };
}

function tap(): () => void {
  const heard = (text: string): void => {
    for (const { printed } of listeners) printed.push(text);
  };
  const undo = METHODS.map((method) => {
    const own = console[method];
    console[method] = (...words: unknown[]) => {
      heard(`console.${method}: ${words.map(String).join(' ')}`);
      own.apply(console, words);
    };
    return () => void (console[method] = own);
  });
  const { stderr } = process;
  const write = stderr.write.bind(stderr) as (...words: unknown[]) => boolean;
  const own = Object.getOwnPropertyDescriptor(stderr, 'write');
  stderr.write = (...words: unknown[]): boolean => {
    heard(`stderr: ${String(words[0])}`);
    return write(...words);
  };
  const warned = (warning: Error): void => heard(`warning: ${warning.message}`);
  process.on('warning', warned);
  return () => {
    for (const one of undo) one();
    if (own === undefined) Reflect.deleteProperty(stderr, 'write');
    else Object.defineProperty(stderr, 'write', own);
    process.off('warning', warned);
  };
}
