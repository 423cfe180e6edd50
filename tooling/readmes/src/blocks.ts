import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** A block of TypeScript in a document. */
export interface Block {
  /** The document and the line where it begins: `README.md:12`. */
  readonly at: string;
  readonly code: string;
  /** Of which file it is a part, for blocks that begin with ```` ```ts file=… ````. */
  readonly file: string | undefined;
}

/** The documents of the repository, by their paths in it. */
export function documents(): string[] {
  return ['*.md', 'packages/*/*.md', 'examples/**/*.md']
    .flatMap((pattern) =>
      globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', '**/CHANGELOG.md'] }),
    )
    .toSorted();
}

/** Every ```` ```ts ```` block in them. */
export function blocks(): Block[] {
  return documents().flatMap(blocksOf);
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts(?: file=(\S+))?\n(.*?)^```$/gms)].map(
    ({ index, 1: file, 2: code = '' }) => ({
      at: `${document}:${text.slice(0, index).split('\n').length}`,
      code,
      file,
    }),
  );
}
