import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import type { Row } from '../output.ts';
import type { Cli } from '../program.ts';
import { addRedisCommand, eachNode, nodeColumn } from './redis.ts';

export function addConnections(cli: Cli): void {
  addRedisCommand(
    cli,
    'connections',
    'List who is connected: from where, as which user, since when, and doing what',
  )
    .addHelpText('after', examples('oauthdb connections', 'oauthdb connections --json'))
    .action(
      cli.action(async (context: Context) => {
        const rows: Row[] = [];
        for (const { node, answer } of await eachNode(context, (one) => one.send('CLIENT', 'LIST'))) {
          for (const line of String(answer).split('\n')) {
            if (line !== '') rows.push({ ...nodeColumn(node), ...rowOf(line) });
          }
        }
        await context.out.rows(rows);
      }),
    );
}

function rowOf(line: string): Row {
  const fields = Object.fromEntries(
    line.split(' ').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  return {
    id: Number(fields['id']),
    address: fields['addr'],
    name: fields['name'],
    user: fields['user'],
    db: Number(fields['db']),
    seconds: Number(fields['age']),
    idle_seconds: Number(fields['idle']),
    last_command: fields['cmd'],
    memory: Number(fields['tot-mem']),
    library: fields['lib-name'] ?? '',
  };
}
