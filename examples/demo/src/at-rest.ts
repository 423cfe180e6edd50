import { readFile } from 'node:fs/promises';

/** Searches the bytes that a database keeps for each of `texts`; where there are none to read, says what is at rest. */
export async function searchAtRest(
  url: string,
  texts: Readonly<Record<string, string>>,
): Promise<Record<string, string> | string> {
  const path = /^sqlite:(?!:memory:$)(.+)$/s.exec(url)?.[1];
  if (path === undefined) {
    return url.startsWith('redis')
      ? 'it is at rest on the server: BGSAVE writes it to a file that can be searched as SQLite’s is'
      : 'nothing is at rest: it is in the memory of this process, and goes with it';
  }
  // What was written last is still in the log, and what was deleted is often still in the file.
  const files = await Promise.all([path, `${path}-wal`].map((file) => readFile(file)));
  const where = (text: string): string =>
    files.some((bytes) => bytes.includes(text)) ? 'found' : 'not found';
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, where(text)]));
}
