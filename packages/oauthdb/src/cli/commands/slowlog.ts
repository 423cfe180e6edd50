import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import type { Row } from '../output.ts';
import { positive } from '../parse.ts';
import type { Cli } from '../program.ts';
import { redacted } from '../redact.ts';
import { addRedisCommand, eachNode, nodeColumn } from './redis.ts';

type SlowEntry = readonly [id: number, at: number, micros: number, args: readonly string[], source?: string];

export function addSlowlog(cli: Cli): void {
  addRedisCommand(cli, 'slowlog', 'List the commands that took longest lately, without the secrets in them')
    .option('--count <n>', 'so many at the most', positive, 10)
    .addHelpText('after', examples('oauthdb slowlog', 'oauthdb slowlog --count 100 --json'))
    .action(
      cli.action(async (context: Context, { count }: { readonly count: number }) => {
        const prefixes = await context.prefixes();
        const rows: Row[] = [];
        const asked = await eachNode(context, (node) => node.send('SLOWLOG', 'GET', String(count)));
        for (const { node, answer } of asked) {
          for (const [id, at, micros, args, source] of answer as readonly SlowEntry[]) {
            rows.push({
              ...nodeColumn(node),
              id,
              at: new Date(at * 1000).toISOString(),
              ms: micros / 1000,
              source,
              command: redacted(args.map(String), prefixes),
            });
          }
        }
        await context.out.rows(rows);
      }),
    );
}
