import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InspectedNode } from '@oauthdb/redis-driver';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import type { Row } from '../output.ts';
import { size } from '../parse.ts';
import type { Cli } from '../program.ts';
import { sizeOf } from '../text.ts';
import { addRedisCommand, eachNode, info, nodeColumn, setting } from './redis.ts';

interface LimitOptions {
  readonly dryRun?: boolean;
}

export function addMemory(cli: Cli): void {
  const group = addRedisCommand(
    cli,
    'memory',
    'Say how much memory the server takes, its limit, and the size of its files',
  );
  group
    .addHelpText('after', examples('oauthdb memory', 'oauthdb memory limit', 'oauthdb memory limit 256mb'))
    .action(
      cli.action(async (context: Context) => {
        for (const { node, answer } of await eachNode(context, ask)) {
          const shown = context.out.isTerminal && !context.out.json ? inWords(answer) : answer;
          await context.out.record({ ...nodeColumn(node), ...shown });
        }
      }),
    );
  group
    .command('limit')
    .description('Show the memory limit, or set it: now, and in the configuration file if there is one')
    .argument('[size]', 'such as 256mb; 0 for none', size)
    .option('--dry-run', 'say whether it could be set')
    .addHelpText('after', examples('oauthdb memory limit', 'oauthdb memory limit 256mb --yes'))
    .action(cli.action(limit));
}

async function ask(node: InspectedNode): Promise<Row> {
  const [memory, persistence] = [await info(node, 'memory'), await info(node, 'persistence')];
  const [limited, policy] = [memory['maxmemory'], memory['maxmemory_policy']];
  const dump = await dumpSize(node);
  return {
    used: Number(memory['used_memory']),
    peak: Number(memory['used_memory_peak']),
    resident: Number(memory['used_memory_rss']),
    limit: Number(limited ?? (await setting(node, 'maxmemory'))),
    policy: policy ?? (await setting(node, 'maxmemory-policy')),
    fragmentation: Number(memory['mem_fragmentation_ratio']),
    append_only_file:
      persistence['aof_enabled'] === '1' ? Number(persistence['aof_current_size']) : undefined,
    dump,
  };
}

/** The size of the dump, where its directory is told and can be seen from here. */
async function dumpSize(node: InspectedNode): Promise<number | undefined> {
  const [dir, name] = [await setting(node, 'dir'), await setting(node, 'dbfilename')];
  if (dir === null || name === null) return undefined;
  const file = await stat(join(dir, name)).catch(() => null);
  return file?.size;
}

function inWords(row: Row): Row {
  const bytes = new Set(['used', 'peak', 'resident', 'append_only_file', 'dump', 'limit']);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (name === 'limit' && value === 0) return [name, 'none'];
      return [name, bytes.has(name) && typeof value === 'number' ? sizeOf(value) : value];
    }),
  );
}

async function limit(
  context: Context,
  bytes: number | undefined,
  { dryRun = false }: LimitOptions,
): Promise<void> {
  const { out } = context;
  if (bytes === undefined) {
    for (const { node, answer } of await eachNode(context, ask)) {
      await out.record({ ...nodeColumn(node), limit: answer['limit'], policy: answer['policy'] });
    }
    return;
  }
  const used = await eachNode(context, async (node) => Number((await info(node, 'memory'))['used_memory']));
  const most = Math.max(...used.map(({ answer }) => answer));
  if (bytes > 0 && bytes < most) {
    throw new UsageError(`${sizeOf(most)} are in use: with a lower limit every write would be refused`);
  }
  if (dryRun) return out.line(`would set the limit to ${bytes} bytes`);
  await context.confirm(`Set the memory limit to ${bytes === 0 ? 'none' : sizeOf(bytes)}?`);
  const kept = await eachNode(context, async (node) => {
    await node.send('CONFIG', 'SET', 'maxmemory', String(bytes));
    // Without a configuration file there is nothing to rewrite.
    return node.send('CONFIG', 'REWRITE').then(
      () => true,
      () => false,
    );
  });
  const isKept = kept.every(({ answer }) => answer);
  if (out.json) await out.value({ limit: bytes, kept: isKept });
  else await out.line(`the limit is ${bytes} bytes`);
  if (!isKept) {
    out.warn(
      'it holds until the server is restarted: there is no configuration file that it could be written to',
    );
  }
}
