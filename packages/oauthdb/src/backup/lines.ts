import { damaged } from './errors.ts';

/** Longer than any record that can be stored. */
const LONGEST = 64 * 1024 * 1024;

const NEWLINE = 0x0a;

/** The lines of a stream, in pieces as they come, without their ends. What follows the last end must be nothing. */
export async function* linesOf(
  operation: string,
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, at);
      lines.push(begun.length === 0 ? rest : Buffer.concat([...begun, rest]));
      begun = [];
      length = 0;
      from = at + 1;
    }
    if (from < chunk.length) {
      begun.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > LONGEST) throw damaged(operation, 'the file is damaged: a line is too long');
    }
    if (lines.length > 0) yield lines;
  }
  if (length > 0) throw damaged(operation, 'the file is damaged: it ends within a line');
}
