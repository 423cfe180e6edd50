const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

interface Listener {
  readonly printed: string[];
  readonly stdout: string[];
}

const listeners = new Set<Listener>();
let restore: (() => void) | undefined;

/** What was heard of this process. */
export interface Listening {
  /** On the console, on stderr, and as warnings. */
  readonly printed: readonly string[];
  /** On standard output, where the test runner may print, too. */
  stdout(): string;
  stop(): void;
}

/** Listens to what this process prints. Where several listen at once, all of them hear it. */
export function listen(): Listening {
  const listener: Listener = { printed: [], stdout: [] };
  listeners.add(listener);
  restore ??= tap();
  return {
    printed: listener.printed,
    stdout: () => listener.stdout.join(''),
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
  const untap = [
    tapStream(process.stderr, (text) => heard(`stderr: ${text}`)),
    tapStream(process.stdout, (text) => {
      for (const { stdout } of listeners) stdout.push(text);
    }),
  ];
  const warned = (warning: Error): void => heard(`warning: ${warning.message}`);
  process.on('warning', warned);
  return () => {
    for (const one of [...undo, ...untap]) one();
    process.off('warning', warned);
  };
}

function tapStream(stream: NodeJS.WriteStream, hear: (text: string) => void): () => void {
  const write = stream.write.bind(stream) as (...words: unknown[]) => boolean;
  const own = Object.getOwnPropertyDescriptor(stream, 'write');
  stream.write = (...words: unknown[]): boolean => {
    hear(typeof words[0] === 'string' ? words[0] : Buffer.from(words[0] as Uint8Array).toString());
    return write(...words);
  };
  return () => {
    if (own === undefined) Reflect.deleteProperty(stream, 'write');
    else Object.defineProperty(stream, 'write', own);
  };
}
