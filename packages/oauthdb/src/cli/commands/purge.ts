import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { duration } from '../parse.ts';
import { Progress } from '../progress.ts';
import type { Cli } from '../program.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly unusedClientsOlderThan?: number;
}

export function addPurge(cli: Cli): void {
  cli.program
    .command('purge')
    .description(
      'Clear away what is of no use: what has ended, and members of lists that name nothing any more',
    )
    .option(
      '--unused-clients-older-than <duration>',
      'also registrations that clients made themselves so long ago, and under which nothing lives',
      duration,
    )
    .option('--dry-run', 'count what would be cleared away')
    .addHelpText(
      'after',
      examples('oauthdb purge --dry-run', 'oauthdb purge --unused-clients-older-than 30d --yes'),
    )
    .action(cli.action(purge));
}

async function purge(context: Context, { dryRun = false, unusedClientsOlderThan }: Options): Promise<void> {
  const { out } = context;
  // What has ended is nobody's loss; a registration may be.
  if (!dryRun && unusedClientsOlderThan !== undefined)
    await context.confirm('Delete registrations that nobody uses?');
  const db = await context.db();
  const purged = await Progress.during(out, 'looking', (onProgress) =>
    db.purge({ dryRun, unusedClientsOlderThan, onProgress }),
  );
  if (out.json) return out.value({ ...purged, dry_run: dryRun });
  const { expired, dangling, clients } = purged;
  const verb = dryRun ? 'would clear away' : 'cleared away';
  await out.line(
    `${verb} ${expired} that had ended, ${dangling} that lists named in vain, ${clients} unused clients`,
  );
}
