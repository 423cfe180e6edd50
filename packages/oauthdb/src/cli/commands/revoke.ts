import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { OWNERS, ownerOf } from '../filters.ts';
import type { Cli } from '../program.ts';
import { readSecret } from '../prompt.ts';
import { countOf, issued, type Counted } from '../revoking.ts';

interface Options {
  readonly user?: string;
  readonly client?: string;
  readonly grant?: string;
  readonly token?: string;
  readonly dryRun?: boolean;
}

const none: Counted = { accessTokens: 0, refreshTokens: 0, codes: 0, sessions: 0 };

export function addRevoke(cli: Cli): void {
  cli.program
    .command('revoke')
    .description(
      'Revoke all that was issued to a user, to a client or under a grant, or one token; exits with 1 for nothing',
    )
    .option(OWNERS.user[0], 'all of a user, sessions included')
    .option(OWNERS.client[0], 'all that was issued to a client; its registration stays')
    .option(OWNERS.grant[0], 'all that follows from a grant')
    .option(
      '--token <jti>',
      'one access token, by its jti; "-": an access or refresh token by standard input',
    )
    .option('--dry-run', 'count what would be revoked')
    .addHelpText(
      'after',
      examples(
        'oauthdb revoke --user octocat --dry-run',
        'oauthdb revoke --user octocat --yes',
        'oauthdb revoke --token jti_123',
        'printf %s "$REFRESH_TOKEN" | oauthdb revoke --token - --yes',
      ),
    )
    .action(cli.action(revoke));
}

async function revoke(context: Context, { token, dryRun = false, ...owners }: Options): Promise<number> {
  const hasOwner = Object.values(owners).some((owner) => owner !== undefined);
  if (hasOwner === (token !== undefined)) {
    throw new UsageError('name one of --user, --client, --grant and --token');
  }
  const count =
    token === undefined
      ? await revokeOwner(context, owners, dryRun)
      : await revokeToken(context, token, dryRun);
  const { out } = context;
  if (out.json) await out.value({ ...count, dry_run: dryRun });
  else await out.line(`${dryRun ? 'would revoke' : 'revoked'} ${countOf(count)}`);
  return Object.values(count).some((n) => n > 0) ? EXIT.ok : EXIT.no;
}

async function revokeOwner(context: Context, owners: Options, dryRun: boolean): Promise<Counted> {
  const owner = ownerOf(owners);
  const db = await context.db();
  if (dryRun) return issued(db, owner);
  await context.confirm(
    `Revoke all that was issued to this ${Object.keys(owner)[0]?.replace(/Id$/, '').replace('username', 'user')}?`,
  );
  return db.revoke(owner);
}

async function revokeToken(context: Context, token: string, dryRun: boolean): Promise<Counted> {
  const { accessTokens, refreshTokens } = await context.db();
  const given = token === '-' ? await readSecret(context.terminal, 'token') : token;
  if (dryRun) {
    if (await accessTokens.has(given)) return { ...none, accessTokens: 1 };
    return { ...none, refreshTokens: (await refreshTokens.get(given)) === null ? 0 : 1 };
  }
  await context.confirm('Revoke the token?');
  if (await accessTokens.revoke(given)) return { ...none, accessTokens: 1 };
  return { ...none, refreshTokens: (await refreshTokens.revoke(given)) ? 1 : 0 };
}
