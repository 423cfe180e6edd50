import type { ClusterNode, RedisClient } from './client.ts';
import { slotOf } from './slot.ts';

/** Where commands without a key go that concern a key; `undefined` where nobody is known to hold its slot. */
export function nodeOfKey(client: RedisClient, key: string): ClusterNode | undefined {
  const { cluster } = client;
  if (cluster === undefined) return { name: '', send: (args) => client.send(key, args) };
  const name = cluster.nodeOf(slotOf(key));
  return cluster.masters().find((node) => node.name === name);
}
