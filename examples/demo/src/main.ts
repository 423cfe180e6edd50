import { HELP, parseArguments } from './arguments.ts';
import { chapters } from './chapters/index.ts';
import { checkPlace, choosePlace, sentence, type Place } from './place.ts';
import { colors, narrator, print } from './printing.ts';

async function main(args: readonly string[]): Promise<void> {
  const { db, help } = parseArguments(args);
  if (help) return print(HELP);
  const place = await choosePlace(db);
  process.once('SIGINT', () => void place.clear().finally(() => process.exit(130)));
  try {
    await checkPlace(place);
    await play(place);
  } catch (error) {
    // Whether or not that works: the reader should hear of what went wrong first.
    await place.clear().catch(() => undefined);
    throw error;
  }
  await place.clear();
}

async function play({ label, ...place }: Place): Promise<void> {
  print(colors.dim(`on ${label}, under keys that begin with ${place.prefix}`));
  print(colors.dim('with tokens that were recorded from real programs: examples/demo/data'));
  for (const chapter of chapters) await chapter.play({ ...place, ...narrator(chapter) });
  print(colors.dim('\nThe code above is the code that ran: examples/demo/src/chapters'));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${sentence(error)}\n`);
  // At once: a database that a chapter had open keeps the process.
  process.exit(1);
}
