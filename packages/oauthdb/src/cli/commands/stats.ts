import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportedKind, Stats } from '@oauthdb/core';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { duration } from '../parse.ts';
import type { Row } from '../output.ts';
import { Progress } from '../progress.ts';
import type { Cli } from '../program.ts';
import { sizeOf } from '../text.ts';

interface Options {
  readonly watch?: true | number;
  readonly lists?: boolean;
}

const names: Readonly<Record<ExportedKind, string>> = {
  held: 'tokens',
  client: 'clients',
  token: 'access-tokens',
  refresh: 'refresh-tokens',
  session: 'sessions',
  state: 'states',
  code: 'codes',
};

export function addStats(cli: Cli): void {
  cli.program
    .command('stats')
    .description(
      'Count what is stored: how much, without an end, ending soon, its bytes, and the health of the lists',
    )
    .option(
      '--watch [duration]',
      'again and again, every 2s unless you say otherwise, until Ctrl-C',
      duration,
    )
    .option('--no-lists', 'without the lists, which takes half the time')
    .addHelpText(
      'after',
      examples('oauthdb stats', 'oauthdb stats --watch 10s', 'oauthdb stats --json --no-lists'),
    )
    .action(cli.action(stats));
}

async function stats(context: Context, { watch, lists = true }: Options): Promise<void> {
  const db = await context.db();
  if (watch === undefined) {
    const look = (onProgress: (done: number) => void) => db.stats({ lists, onProgress });
    return print(context, await Progress.during(context.out, 'counting', look));
  }
  for (;;) {
    if (context.out.isTerminal && !context.out.json)
      await context.out.line('\u001b[2J\u001b[H' + new Date().toISOString());
    await print(context, await db.stats({ lists }));
    await sleep(watch === true ? 2000 : watch, undefined, { signal: context.signal });
  }
}

async function print({ out }: Context, found: Stats): Promise<void> {
  if (out.json) return out.value(found);
  await out.rows((Object.keys(names) as ExportedKind[]).map((kind) => rowOf(found, kind, out.isTerminal)));
  const { rotated, unreadable, lists: listed } = found;
  const notes = {
    'rotated refresh tokens': rotated,
    unreadable,
    ...(listed === null
      ? {}
      : {
          lists: listed.lists,
          'members of lists': listed.members,
          'members that name nothing': listed.dangling,
        }),
  };
  for (const [name, count] of Object.entries(notes))
    await out.line(out.isTerminal ? `${count} ${name}` : `${name}\t${count}`);
}

function rowOf(found: Stats, kind: ExportedKind, isTerminal: boolean): Row {
  const { count, withoutExpiry, expiringWithinHour, expiringWithinDay, bytes } = found[kind];
  return {
    kind: names[kind],
    count,
    without_expiry: withoutExpiry,
    within_an_hour: expiringWithinHour,
    within_a_day: expiringWithinDay,
    size: isTerminal ? sizeOf(bytes) : bytes,
  };
}
