import { deleteEach } from '../deleting.ts';
import { examples } from '../examples.ts';
import { given } from '../given.ts';
import { nounOf } from '../kinds.ts';
import type { Cli } from '../program.ts';
import { addRecords } from './records.ts';

interface Options {
  readonly dryRun?: boolean;
}

export function addSessions(cli: Cli): void {
  addRecords(cli, nounOf('sessions'))
    .command('delete')
    .description('Delete a session; all of a user: oauthdb revoke --user')
    .argument('<session id>', 'the session id, by "-" on standard input')
    .option('--dry-run', 'say what would be done')
    .addHelpText('after', examples('printf %s "$SESSION" | oauthdb sessions delete --yes -'))
    .action(
      cli.action(async (context, argument: string, { dryRun }: Options) => {
        const names = [await given(context, argument, 'session id')];
        const { sessions } = await context.db();
        return deleteEach(
          context,
          {
            one: 'session',
            names,
            exists: async (id) => (await sessions.get(id)) !== null,
            remove: (id) => sessions.delete(id),
          },
          dryRun,
        );
      }),
    );
}
