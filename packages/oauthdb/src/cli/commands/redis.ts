import type { InspectedNode } from '@oauthdb/redis-driver';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import type { Cli } from '../program.ts';

/** Adds a command that asks a Redis server something besides tokens. */
export function addRedisCommand(cli: Cli, name: string, description: string): Command {
  return cli.program.command(name).description(`${description} (Redis)`);
}

/** Asks the server, or each master of a cluster. */
export async function eachNode<T>(
  context: Context,
  ask: (node: InspectedNode) => Promise<T>,
): Promise<readonly { readonly node: string; readonly answer: T }[]> {
  const inspector = await context.inspector();
  const answers: { node: string; answer: T }[] = [];
  for (const node of await inspector.nodes()) answers.push({ node: node.name, answer: await ask(node) });
  return answers;
}

/** The column that says which node of a cluster it is; a single server needs none. */
export function nodeColumn(node: string): { readonly node?: string } {
  return node === '' ? {} : { node };
}

/** A section of `INFO`. */
export async function info(node: InspectedNode, section: string): Promise<Readonly<Record<string, string>>> {
  return parseInfo(String(await node.send('INFO', section)));
}

export function parseInfo(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** A setting; `null` where the server does not tell, as managed ones do not. */
export async function setting(node: InspectedNode, name: string): Promise<string | null> {
  try {
    const reply = await node.send('CONFIG', 'GET', name);
    return Array.isArray(reply) && reply.length >= 2 ? String(reply[1]) : null;
  } catch {
    return null;
  }
}
