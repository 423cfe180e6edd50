import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The steps of a chapter, by their titles: the lines that follow `say('title');`, up to the next step or the end of the
 * function. The first one begins with the packages that are imported. Because all is read from the file that runs, what is
 * printed cannot differ from what is done.
 */
export function stepsOf(file: string): ReadonlyMap<string, string> {
  const steps = new Map<string, string[]>();
  const imports: string[] = [];
  let step: string[] | undefined;
  let indent = '';
  for (const line of readFileSync(fileURLToPath(file), 'utf8').split('\n')) {
    const [, spaces, title] = /^( *)say\('(.*)'\);$/.exec(line) ?? [];
    if (spaces !== undefined && title !== undefined) {
      indent = spaces;
      step = steps.size === 0 ? [...imports, ''] : [];
      steps.set(title, step);
    } else if (/^import .* from '[@\w].*';$/.test(line) && !line.includes("'node:")) {
      imports.push(line);
    } else if (line !== '' && !line.startsWith(indent)) {
      step = undefined;
    } else {
      step?.push(line.slice(indent.length));
    }
  }
  return new Map([...steps].map(([title, lines]) => [title, lines.join('\n').trim()]));
}
