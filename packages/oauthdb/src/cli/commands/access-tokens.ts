import { randomBytes } from 'node:crypto';
import { deleteEach } from '../deleting.ts';
import { examples } from '../examples.ts';
import { nounOf } from '../kinds.ts';
import { moment } from '../parse.ts';
import type { Cli } from '../program.ts';
import { addRecords } from './records.ts';

interface StoreOptions {
  readonly client: string;
  readonly user?: string;
  readonly scope?: string;
  readonly grant?: string;
  readonly expires?: number;
}

interface RevokeOptions {
  readonly dryRun?: boolean;
}

export function addAccessTokens(cli: Cli): void {
  const group = addRecords(cli, nounOf('access-tokens'));
  group
    .command('store')
    .description('Make an access token known, and list it for its user, client and grant in the same step')
    .argument('[jti]', 'its jti; left out, one is made')
    .requiredOption('--client <id>', 'to which client it was issued')
    .option('--user <username>', 'whose it is')
    .option('--scope <scope>', 'what it allows')
    .option('--grant <id>', 'the grant that it follows from; left out, one is made')
    .option('--expires <time>', 'when it ends: ISO 8601, or a duration (default: 30d)', moment(1))
    .addHelpText(
      'after',
      examples(
        'oauthdb access-tokens store jti_123 --client client_123 --user octocat --scope "mcp:*" --expires 1h',
      ),
    )
    .action(
      cli.action(async (context, jti: string | undefined, options: StoreOptions) => {
        const { client: client_id, user: username, scope, grant: grant_id, expires } = options;
        const { accessTokens } = await context.db();
        const stored = await accessTokens.store({
          jti: jti ?? randomBytes(16).toString('base64url'),
          client_id,
          username,
          scope,
          grant_id,
          ...(expires === undefined ? {} : { expires_at: new Date(expires) }),
        });
        await context.out.record(stored);
      }),
    );
  group
    .command('revoke')
    .description('Revoke access tokens, and take them off the lists of their users')
    .argument('<jti...>', 'their jti')
    .option('--dry-run', 'say what would be done')
    .addHelpText(
      'after',
      examples('oauthdb access-tokens revoke jti_123', 'oauthdb access-tokens revoke jti_1 jti_2 --yes'),
    )
    .action(
      cli.action(async (context, names: string[], { dryRun }: RevokeOptions) => {
        const { accessTokens } = await context.db();
        const deletion = {
          one: 'access token',
          names,
          exists: (jti: string) => accessTokens.has(jti),
          remove: (jti: string) => accessTokens.revoke(jti),
        };
        return deleteEach(context, deletion, dryRun);
      }),
    );
}
