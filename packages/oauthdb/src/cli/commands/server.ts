import type { InspectedNode } from '@oauthdb/redis-driver';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import type { Row } from '../output.ts';
import type { Cli } from '../program.ts';
import { spanOf } from '../text.ts';
import { addRedisCommand, eachNode, info, nodeColumn } from './redis.ts';

export function addServer(cli: Cli): void {
  addRedisCommand(
    cli,
    'server',
    'Say how the server does: version, role, keys, operations per second, persistence',
  )
    .addHelpText('after', examples('oauthdb server', 'oauthdb server --json'))
    .action(
      cli.action(async (context: Context) => {
        for (const { node, answer } of await eachNode(context, ask)) {
          const { uptime, ...row } = answer;
          const shown = context.out.isTerminal && !context.out.json ? spanOf(uptime * 1000) : uptime;
          await context.out.record({ ...nodeColumn(node), ...row, uptime: shown });
        }
      }),
    );
}

async function ask(node: InspectedNode): Promise<Row & { readonly uptime: number }> {
  const all = async (...names: readonly string[]): Promise<Record<string, string>> =>
    Object.assign({}, ...(await Promise.all(names.map((name) => info(node, name)))));
  const found = await all('server', 'replication', 'stats', 'clients', 'persistence');
  const number = (name: string): number => Number(found[name] ?? 0);
  return {
    version: found['valkey_version'] ?? found['redis_version'],
    role: found['role'] === 'slave' ? 'replica' : found['role'],
    replicas: number('connected_slaves'),
    keys: Number(await node.send('DBSIZE')),
    operations_per_second: number('instantaneous_ops_per_sec'),
    operations: number('total_commands_processed'),
    keyspace_hits: number('keyspace_hits'),
    keyspace_misses: number('keyspace_misses'),
    expired_keys: number('expired_keys'),
    evicted_keys: number('evicted_keys'),
    connections: number('connected_clients'),
    rejected_connections: number('rejected_connections'),
    append_only_file:
      found['aof_enabled'] === '1' ? `on, last write ${found['aof_last_write_status']}` : 'off',
    last_dump: `${new Date(number('rdb_last_save_time') * 1000).toISOString()}, ${found['rdb_last_bgsave_status']}`,
    changes_since_last_dump: number('rdb_changes_since_last_save'),
    uptime: number('uptime_in_seconds'),
  };
}
