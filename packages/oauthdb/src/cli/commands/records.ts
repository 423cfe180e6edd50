import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { addFilters, type Filters } from '../filters.ts';
import { find, search } from '../find.ts';
import { given } from '../given.ts';
import { rowOf, type Entry, type Noun } from '../kinds.ts';
import { maskedId, maskedRecord } from '../mask.ts';
import type { Cli } from '../program.ts';
import { printLife } from '../times.ts';

interface ListOptions extends Filters {
  readonly rotated?: boolean;
}

/** Adds `<noun> list|show|ttl`, and gives the command for what else there is to do. */
export function addRecords(cli: Cli, noun: Noun): Command {
  const group = cli.program.command(noun.name).description(`Look at ${noun.many}`);
  const list = addFilters(group.command('list').description(`List ${noun.many}`), noun.owners);
  if (noun.kind === 'refresh')
    list.option('--rotated', 'those that were rotated, too: kept to recognise their reuse');
  list
    .addHelpText(
      'after',
      examples(
        `oauthdb ${noun.name} list`,
        ...noun.owners
          .slice(0, 1)
          .map(
            (owner) => `oauthdb ${noun.name} list --${owner} ${owner === 'user' ? 'octocat' : 'client_123'}`,
          ),
        `oauthdb ${noun.name} list --expires-before 1h --json`,
      ),
    )
    .action(cli.action((context, filters: ListOptions) => printList(context, noun, filters)));
  group
    .command('show')
    .description(`Show one ${noun.one}; exits with 1 where there is none`)
    .argument(`<${noun.id}>`, noun.idHelp)
    .addHelpText(
      'after',
      examples(...exampleOf(noun, 'show'), `oauthdb ${noun.name} show --json ${placeOf(noun)}`),
    )
    .action(cli.action((context, id: string) => show(context, noun, id)));
  group
    .command('ttl')
    .description(`Say how long one ${noun.one} lives: in seconds where no person reads it, -1 for ever`)
    .argument(`<${noun.id}>`, noun.idHelp)
    .addHelpText('after', examples(...exampleOf(noun, 'ttl')))
    .action(
      cli.action(async (context, id: string) =>
        printLife(context.out, (await found(context, noun, id)).expires_at),
      ),
    );
  return group;
}

/** One record; ends the command where there is none. */
export async function found(context: Context, noun: Noun, argument: string): Promise<Entry> {
  const id = await given(context, argument, noun.one);
  const { options } = await context.settings;
  const db = await context.db();
  const entry = await find(db, noun, id, {
    plainHandles: db.handles === 'plain',
    pepper: options.secrets?.pepper,
  });
  if (entry === null) throw new Failure(`there is no such ${noun.one}`, EXIT.no);
  return entry;
}

async function printList(
  context: Context,
  noun: Noun,
  { rotated, ...filters }: ListOptions,
): Promise<number> {
  const { out } = context;
  const db = await context.db();
  let unreadable = 0;
  const entries = search(db, noun, { filters, rotated, unreadable: () => void unreadable++ });
  const rows = async function* () {
    for await (const entry of entries) {
      yield out.json ? full(noun, entry, context) : rowOf(noun, entry, out, context.masking);
    }
  };
  const count = await out.rows(rows());
  if (out.isTerminal && !out.json) out.note(count === 1 ? `1 ${noun.one}` : `${count} ${noun.many}`);
  if (unreadable === 0) return EXIT.ok;
  out.warn(
    `${unreadable} could not be read: they were changed, their key is missing, or somebody else wrote them`,
  );
  return EXIT.damaged;
}

async function show(context: Context, noun: Noun, argument: string): Promise<void> {
  await context.out.record(full(noun, await found(context, noun, argument), context));
}

/** All that a record says, as far as it may be shown. */
function full(noun: Noun, entry: Entry, { masking }: Context): Record<string, unknown> {
  const { [noun.id]: _, ...rest } = maskedRecord(entry.record, masking);
  return { [noun.id]: maskedId(noun.kind, entry.id, masking), ...rest, expires_at: entry.expires_at };
}

function exampleOf(noun: Noun, verb: string): string[] {
  if (noun.id !== 'handle') return [`oauthdb ${noun.name} ${verb} ${placeOf(noun)}`];
  return [
    `oauthdb ${noun.name} ${verb} ${placeOf(noun)}`,
    `printf %s "$SECRET" | oauthdb ${noun.name} ${verb} -`,
  ];
}

function placeOf({ id }: Noun): string {
  return { client_id: 'client_123', jti: 'jti_123' }[id] ?? '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
}
