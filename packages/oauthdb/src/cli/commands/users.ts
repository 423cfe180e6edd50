import { examples } from '../examples.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { search } from '../find.ts';
import { nounOf, rowOf, type Entry } from '../kinds.ts';
import { maskedId, maskedRecord } from '../mask.ts';
import type { Context } from '../context.ts';
import { positive } from '../parse.ts';
import type { Cli } from '../program.ts';
import { printLife, timeOf, when } from '../times.ts';

const theirs = ['access-tokens', 'refresh-tokens', 'sessions'].map(nounOf);

interface Counts {
  access_tokens: number;
  refresh_tokens: number;
  sessions: number;
  /** When the last of it ends, epoch milliseconds; Infinity: never. */
  until: number;
}

/** Those to whom something was issued. */
export function addUsers(cli: Cli): void {
  const group = cli.program.command('users').description('Look at the users to whom something was issued');
  group
    .command('list')
    .description('List the users, how much each has, and until when; memory for each user is held')
    .option('--limit <n>', 'so many at the most', positive)
    .addHelpText('after', examples('oauthdb users list', 'oauthdb users list --json | wc -l'))
    .action(
      cli.action(async (context, { limit = Infinity }: { readonly limit?: number }) => {
        const { out } = context;
        const users = [...(await countAll(context))].slice(0, limit);
        const count = await out.rows(
          users.map(([username, { until, ...counts }]) => ({
            username,
            ...counts,
            ...(out.json
              ? { expires_at: isoOf(until) }
              : { until: when(out, until === Infinity ? null : until, 'for ever') }),
          })),
        );
        if (out.isTerminal && !out.json) out.note(count === 1 ? '1 user' : `${count} users`);
      }),
    );
  group
    .command('show')
    .description('List what a user has: access tokens, refresh tokens and sessions; exits with 1 for nothing')
    .argument('<username>')
    .addHelpText('after', examples('oauthdb users show octocat'))
    .action(
      cli.action(async (context, user: string) => {
        const { out } = context;
        const db = await context.db();
        const { masking } = context;
        let count = 0;
        for (const noun of theirs) {
          const entries = search(db, noun, { filters: { user }, unreadable: () => {} });
          const rows = async function* () {
            for await (const entry of entries) {
              if (out.json) {
                const id = maskedId(noun.kind, entry.id, masking);
                yield { kind: noun.kind, ...maskedRecord(entry.record, masking), [noun.id]: id };
              } else yield { kind: noun.one, ...withId(rowOf(noun, entry, out, masking), noun.id) };
            }
          };
          count += await out.rows(rows());
        }
        if (count === 0) throw new Failure('nothing was issued to this user', EXIT.no);
      }),
    );
  group
    .command('ttl')
    .description(
      'Say when the last of what a user has ends: in seconds where no person reads it, -1 for ever',
    )
    .argument('<username>')
    .addHelpText('after', examples('oauthdb users ttl octocat'))
    .action(
      cli.action(async (context, user: string) => {
        const db = await context.db();
        let until = -Infinity;
        for (const noun of theirs) {
          const entries = search(db, noun, { filters: { user }, unreadable: () => {} });
          for await (const entry of entries) until = Math.max(until, endOf(entry));
        }
        if (until === -Infinity) throw new Failure('nothing was issued to this user', EXIT.no);
        await printLife(context.out, isoOf(until));
      }),
    );
}

async function countAll(context: Context): Promise<Map<string, Counts>> {
  const users = new Map<string, Counts>();
  const db = await context.db();
  for (const noun of theirs) {
    for await (const entry of search(db, noun, { filters: {}, unreadable: () => {} })) {
      const { username } = entry.record;
      if (typeof username !== 'string') continue;
      const counts = users.get(username) ?? {
        access_tokens: 0,
        refresh_tokens: 0,
        sessions: 0,
        until: -Infinity,
      };
      counts[noun.name.replace('-', '_') as 'sessions']++;
      counts.until = Math.max(counts.until, endOf(entry));
      users.set(username, counts);
    }
  }
  return users;
}

/** The id in the same column for all kinds. */
function withId(row: Readonly<Record<string, unknown>>, id: string): Record<string, unknown> {
  const { [id]: value, username: _, ...rest } = row;
  return { id: value, ...rest };
}

function endOf({ expires_at: expiresAt }: Entry): number {
  return timeOf(expiresAt) ?? Infinity;
}

function isoOf(at: number): string | null {
  return at === Infinity ? null : new Date(at).toISOString();
}
