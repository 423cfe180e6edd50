import type { MonitoredCommand } from '@oauthdb/redis-driver';
import { BoundedQueue } from '../bounded-queue.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { limited } from '../filters.ts';
import type { Row } from '../output.ts';
import { duration, positive } from '../parse.ts';
import type { Cli } from '../program.ts';
import { redacted } from '../redact.ts';
import { addRedisCommand, nodeColumn } from './redis.ts';

/** Watching costs the server a third and more of its speed. */
const MOST_MS = 10 * 60_000;

/** How many commands are held where the reader does not keep up; what comes then is counted only. */
const HELD = 10_000;

interface Options {
  readonly for: number;
  readonly count?: number;
}

export function addMonitor(cli: Cli): void {
  addRedisCommand(
    cli,
    'monitor',
    'Watch the commands that the server carries out, for a while and without the secrets in them',
  )
    .option('--for <duration>', 'how long, 10m at the most', duration, 10_000)
    .option('--count <n>', 'end after so many', positive)
    .addHelpText(
      'after',
      examples('oauthdb monitor --for 30s', 'oauthdb monitor --for 1m --count 1000 --json'),
    )
    .action(cli.action(monitor));
}

async function monitor(context: Context, { for: ms, count }: Options): Promise<void> {
  if (ms > MOST_MS) throw new UsageError('watching slows the server down: 10m at the most');
  const prefixes = await context.prefixes();
  const inspector = await context.inspector();
  const nodes = await inspector.nodes();
  const queue = new BoundedQueue<Row>(HELD);
  const started = await Promise.allSettled(
    nodes.map((node) =>
      node.monitor((command) =>
        queue.push({ ...nodeColumn(node.name), ...rowOf(command, redacted(command.args, prefixes)) }),
      ),
    ),
  );
  const stops = started.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const stop = (): void => {
    for (const one of stops) one();
  };
  const refused = started.find((one) => one.status === 'rejected');
  if (refused !== undefined) {
    stop();
    throw refused.reason;
  }
  const timer = setTimeout(() => queue.end(), ms);
  try {
    // Line by line: a table would have to wait for all of them.
    for await (const row of limited(queue, count)) {
      await (context.out.json ? context.out.value(row) : context.out.line(Object.values(row).join('\t')));
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
  if (queue.missed > 0) context.out.warn(`${queue.missed} commands came faster than they could be shown`);
}

function rowOf({ at, source, db }: MonitoredCommand, command: string): Row {
  return { at: new Date(at).toISOString(), source, db, command };
}
