import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import pc from 'picocolors';
import type { Chapter, Stage } from './chapter.ts';
import { stepsOf } from './steps.ts';

// Only on a terminal: `isColorSupported` is also true where CI is set. It knows NO_COLOR.
export const colors = pc.createColors(pc.isColorSupported && isatty(1));

export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** `say` and `show` of a chapter, with its steps numbered. */
export function narrator({ title, file }: Chapter): Pick<Stage, 'say' | 'show'> {
  const steps = stepsOf(file);
  let number = 0;
  let results = 0;
  print(`\n${colors.bold(colors.underline(title))}`);
  return {
    say(step) {
      const code = steps.get(step);
      if (code === undefined) throw new Error(`the step ${step} must be one line: say('…');`);
      print(`\n${colors.bold(`${++number}. ${step}`)}\n`);
      print(colors.cyan(indented(code)));
      results = 0;
    },
    show(result) {
      if (results++ === 0) print();
      const text = typeof result === 'string' ? result : inspect(result, { colors: colors.isColorSupported });
      // A table stands for itself.
      print(indented(text.includes('\n') ? text : `${colors.dim('→')} ${text}`));
    },
  };
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '   ');
}
