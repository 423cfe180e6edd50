import { integer, kindOf } from '@oauthdb/core';
import {
  connectionSettings,
  isOneSlot,
  parseRedisUrl,
  splitOptions,
  type ConnectionSettings,
  type ParsedOptions,
  type RedisAddress,
  type RedisConnectionOptions,
} from '@oauthdb/redis-driver';
import type { IoredisCluster } from './ioredis-cluster.ts';
import type { NodeRedisCluster } from './node-redis-cluster.ts';

export interface RedisClusterOAuthDatabaseOptions extends RedisConnectionOptions {
  /**
   * `redis+cluster://[[user][:password]@]host[:port][,host:port…]`, with `rediss+cluster:` for TLS: some of the nodes; takes
   * precedence over `nodes`.
   */
  readonly url?: string | undefined;
  /** Some of the nodes, from which the others are learnt. Default: localhost, port 6379. */
  readonly nodes?: readonly { readonly host: string; readonly port?: number | undefined }[] | undefined;
  /** A cluster has one database: 0. */
  readonly db?: 0 | undefined;
  /**
   * A cluster of ioredis or of node-redis to use instead of connections of our own; the application sets it up, connects it and
   * closes it.
   */
  readonly client?: IoredisCluster | NodeRedisCluster | undefined;
}

export interface ClusterSettings extends ConnectionSettings {
  readonly nodes: readonly RedisAddress[];
}

export interface ParsedClusterOptions extends ParsedOptions<
  ClusterSettings,
  IoredisCluster | NodeRedisCluster
> {
  /** Whether the prefixes have one hash tag, so that every change is one step. */
  readonly transactions: boolean;
}

const CONNECTING = ['url', 'nodes', 'db', 'username', 'password', 'tls', 'connectionTimeout'];

/** Checks the options, as `redisOptions` of `@oauthdb/redis-driver` does those of a single server. */
export function clusterOptions(options: RedisClusterOAuthDatabaseOptions = {}): ParsedClusterOptions {
  const { client, ...others } = splitOptions<IoredisCluster | NodeRedisCluster>(options, CONNECTING);
  const transactions = isOneSlot(others.database);
  if (client !== undefined) return { settings: undefined, client, ...others, transactions };
  const { url, nodes = [{ host: 'localhost' }], db = 0 } = options;
  if (url !== undefined && typeof url !== 'string') {
    throw new TypeError(`url must be a string, received ${kindOf(url)}`);
  }
  const said = url ? parseRedisUrl(url, ['redis+cluster', 'rediss+cluster']) : undefined;
  if ((said?.db ?? db) !== 0) throw new TypeError('db must be 0: a cluster has no other database');
  const secure = said?.scheme === 'rediss+cluster';
  const settings = {
    ...connectionSettings(options, { ...said, secure }),
    nodes: said?.nodes ?? addresses(nodes),
  };
  return { settings, client: undefined, ...others, transactions };
}

function addresses(nodes: unknown): RedisAddress[] {
  if (!Array.isArray(nodes)) throw new TypeError(`nodes must be an array, received ${kindOf(nodes)}`);
  if (nodes.length === 0) throw new TypeError('nodes must name a node at least');
  return nodes.map((node: unknown, i) => {
    if (typeof node !== 'object' || node === null) {
      throw new TypeError(`nodes[${i}] must be an object, received ${kindOf(node)}`);
    }
    const { host, port = 6379 } = node as { readonly host?: unknown; readonly port?: unknown };
    if (typeof host !== 'string' || host === '') {
      throw new TypeError(`nodes[${i}].host must be a string that is not empty, received ${kindOf(host)}`);
    }
    return { host, port: integer(`nodes[${i}].port`, port, 1, 65_535) };
  });
}
