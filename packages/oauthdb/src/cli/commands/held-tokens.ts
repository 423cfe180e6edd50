import type { OAuthDatabase } from '@oauthdb/core';
import type { Context } from '../context.ts';
import { deleteEach } from '../deleting.ts';
import { examples } from '../examples.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { limited, livesAs, type Filters } from '../filters.ts';
import { MASK } from '../mask.ts';
import type { Row } from '../output.ts';
import { moment, positive } from '../parse.ts';
import type { Cli } from '../program.ts';
import { readSecret } from '../prompt.ts';
import { textOf, withoutNewline } from '../settings.ts';
import { printLife, timeOf, when } from '../times.ts';

/** How many expiries are asked for at a time. */
const BATCH = 100;

interface ListOptions extends Filters {
  readonly prefix?: string;
}

interface SetOptions {
  readonly file?: string;
  readonly expires?: number;
}

interface DeleteOptions {
  readonly dryRun?: boolean;
}

/** The tokens that an application holds. */
export function addHeldTokens(cli: Cli): void {
  const group = cli.program
    .command('tokens')
    .description(
      'Look after the tokens that an application holds (those that a server issued: access-tokens)',
    );
  group
    .command('list')
    .description('List the keys of all tokens, and when they end')
    .option('--prefix <text>', 'keys that begin so, such as those of a user')
    .option('--expires-after <time>', 'living longer than until a time, or for a duration: 30d', moment(1))
    .option('--expires-before <time>', 'ending before a time, or within a duration: 1h', moment(1))
    .option('--without-expiry', 'those that live for ever')
    .option('--limit <n>', 'so many at the most', positive)
    .addHelpText(
      'after',
      examples('oauthdb tokens list', 'oauthdb tokens list --prefix user_ --expires-before 1h'),
    )
    .action(
      cli.action(async (context, options: ListOptions) => {
        const { out } = context;
        const count = await out.rows(limited(rows(context, await context.db(), options), options.limit));
        if (out.isTerminal && !out.json) out.note(count === 1 ? '1 token' : `${count} tokens`);
      }),
    );
  group
    .command('show')
    .description('Show a token, masked unless --show-secrets; exits with 1 where there is none')
    .argument('<key>')
    .addHelpText(
      'after',
      examples('oauthdb tokens show user_123', 'oauthdb tokens show user_123 --show-secrets'),
    )
    .action(
      cli.action(async (context, key: string) => {
        const db = await context.db();
        const [token, life] = await Promise.all([db.getToken(key), db.getTokenExpiry(key)]);
        if (token === null || life === null) throw missing();
        const shown = context.masking.show ? token : MASK;
        await context.out.record({
          key,
          token: shown,
          bytes: Buffer.byteLength(token),
          expires_at: life.expiresAt?.toISOString() ?? null,
        });
      }),
    );
  group
    .command('ttl')
    .description('Say how long a token lives: in seconds where no person reads it, -1 for ever')
    .argument('<key>')
    .addHelpText('after', examples('oauthdb tokens ttl user_123'))
    .action(
      cli.action(async (context, key: string) => {
        const life = await (await context.db()).getTokenExpiry(key);
        if (life === null) throw missing();
        await printLife(context.out, life.expiresAt?.toISOString() ?? null);
      }),
    );
  group
    .command('set')
    .description('Store a token, in place of the one that was there; it is read from standard input')
    .argument('<key>')
    .option('--file <path>', 'read it from a file instead')
    .option(
      '--expires <time>',
      'when it ends: ISO 8601, or a duration such as 1h (default: never)',
      moment(1),
    )
    .addHelpText(
      'after',
      examples(
        'printf %s "$TOKEN" | oauthdb tokens set user_123 --expires 1h',
        'oauthdb tokens set user_123 --file token.txt',
      ),
    )
    .action(
      cli.action(async (context, key: string, { file, expires }: SetOptions) => {
        const db = await context.db();
        const token =
          file === undefined
            ? await readSecret(context.terminal, 'token')
            : withoutNewline(await textOf(file, '--file'));
        await db.storeToken(key, token, expires === undefined ? undefined : new Date(expires));
        const expires_at = expires === undefined ? null : new Date(expires).toISOString();
        if (context.out.json) await context.out.value({ key, expires_at });
        else context.out.note('stored');
      }),
    );
  group
    .command('delete')
    .description('Delete tokens; exits with 1 unless all of them were there')
    .argument('<key...>')
    .option('--dry-run', 'say what would be done')
    .addHelpText(
      'after',
      examples('oauthdb tokens delete user_123', 'oauthdb tokens delete user_1 user_2 --dry-run'),
    )
    .action(
      cli.action(async (context, names: string[], { dryRun }: DeleteOptions) => {
        const db = await context.db();
        const deletion = {
          one: 'token',
          names,
          exists: (key: string) => db.hasToken(key),
          remove: (key: string) => db.deleteToken(key),
        };
        return deleteEach(context, deletion, dryRun);
      }),
    );
}

/** No token is read for it. */
async function* rows(
  { out }: Context,
  db: OAuthDatabase,
  options: ListOptions,
): AsyncGenerator<Row, void, undefined> {
  const { prefix = '', withoutExpiry = false } = options;
  const shown = async (keys: readonly string[]): Promise<Row[]> => {
    const lives = await Promise.all(keys.map((key) => db.getTokenExpiry(key)));
    return keys.flatMap((key, i) => {
      const life = lives[i];
      // It has just ended.
      if (life === null || life === undefined) return [];
      const expires_at = life.expiresAt?.toISOString() ?? null;
      if (!livesAs(options, expires_at) || (withoutExpiry && expires_at !== null)) return [];
      return [out.json ? { key, expires_at } : { key, expires: when(out, timeOf(expires_at), 'never') }];
    });
  };
  let batch: string[] = [];
  for await (const key of db.scanTokens()) {
    if (!key.startsWith(prefix) || batch.push(key) < BATCH) continue;
    yield* await shown(batch);
    batch = [];
  }
  yield* await shown(batch);
}

function missing(): Failure {
  return new Failure('there is no such token', EXIT.no);
}
