import type { Group, Servers } from '../subject.ts';
import { cluster } from './cluster.ts';
import { ioredis } from './ioredis.ts';
import { memory } from './memory.ts';
import { nodeRedis } from './node-redis.ts';
import { sqlite } from './sqlite.ts';

/** How each group is opened, by its name. */
export const GROUPS: { readonly [name: string]: (servers: Servers) => Promise<Group> } = {
  ioredis,
  'node-redis': nodeRedis,
  cluster,
  sqlite,
  memory,
};
