import { deleteEach } from '../deleting.ts';
import { examples } from '../examples.ts';
import { given } from '../given.ts';
import { nounOf } from '../kinds.ts';
import type { Cli } from '../program.ts';
import { addRecords } from './records.ts';

interface Options {
  readonly dryRun?: boolean;
}

export function addRefreshTokens(cli: Cli): void {
  addRecords(cli, nounOf('refresh-tokens'))
    .command('revoke')
    .description('Revoke a refresh token by itself; with all that came of its grant: oauthdb revoke --grant')
    .argument('<token>', 'the token, by "-" on standard input')
    .option('--dry-run', 'say what would be done')
    .addHelpText('after', examples('printf %s "$TOKEN" | oauthdb refresh-tokens revoke --yes -'))
    .action(
      cli.action(async (context, argument: string, { dryRun }: Options) => {
        const names = [await given(context, argument, 'refresh token')];
        const { refreshTokens } = await context.db();
        return deleteEach(
          context,
          {
            one: 'refresh token',
            names,
            exists: async (token) => (await refreshTokens.get(token)) !== null,
            remove: (token) => refreshTokens.revoke(token),
          },
          dryRun,
        );
      }),
    );
}
