import { createInterface } from 'node:readline/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { UsageError } from './exit-codes.ts';
import { withoutNewline } from './settings.ts';

export interface Terminal {
  readonly stdin: NodeJS.ReadStream | ReadStream;
  readonly stdout: NodeJS.WriteStream | WriteStream;
  readonly stderr: NodeJS.WriteStream | WriteStream;
}

/** Asks a question that only `y` or `yes` answers with yes. */
export async function confirm({ stdin, stderr }: Terminal, question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

/** A secret from standard input: all of it but the newline at its end; on a terminal one line, which it does not show. */
export async function readSecret({ stdin, stderr }: Terminal, what: string): Promise<string> {
  const text = stdin.isTTY ? await hiddenLine(stdin, stderr, what) : withoutNewline(await everything(stdin));
  if (text === '') throw new UsageError(`no ${what} came by standard input`);
  return text;
}

async function everything(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function hiddenLine(stdin: Terminal['stdin'], stderr: Terminal['stderr'], what: string): Promise<string> {
  stderr.write(`${what} (not shown): `);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (settle: () => void): void => {
      stdin.setRawMode(false);
      stdin.off('data', listen);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const listen = (chunk: string): void => {
      for (const char of chunk) {
        if (char === '\r' || char === '\n' || char === '\u0004') return end(() => resolve(text));
        if (char === '\u0003') return end(() => reject(new UsageError('nothing was typed')));
        text = char === '\u007f' ? text.slice(0, -1) : text + char;
      }
    };
    stdin.on('data', listen);
    stdin.resume();
  });
}
