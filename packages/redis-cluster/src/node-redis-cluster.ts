import type { ClusterMap, ConnectionListener, RedisClient } from '@oauthdb/redis-driver';

/** What this package uses of a cluster of node-redis, of whichever version or copy. */
export interface NodeRedisCluster {
  readonly isOpen: boolean;
  /** Absent before version 6. */
  readonly isReady?: boolean;
  readonly masters: readonly NodeRedisNode[];
  /** By slot. */
  readonly slots: readonly ({ readonly master: NodeRedisNode } | undefined)[];
  sendCommand(key: string, isReadonly: boolean, args: string[], options?: typeof STRINGS): Promise<unknown>;
  nodeClient(
    node: never,
  ): Promise<{ sendCommand(args: string[], options?: typeof STRINGS): Promise<unknown> }>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface NodeRedisNode {
  readonly address: string;
}

/** It may be set up to give buffers. */
const STRINGS = { typeMapping: {} } as const;

/** A node-redis cluster of the application's, which it connects, sets up and closes. */
export class GivenNodeRedisCluster implements RedisClient {
  readonly cluster: ClusterMap;
  readonly #redis: NodeRedisCluster;
  #stopListening = (): void => {};

  constructor(redis: NodeRedisCluster) {
    this.#redis = redis;
    this.cluster = {
      nodeOf: (slot) => redis.slots[slot]?.master.address,
      masters: () =>
        redis.masters.map((node) => ({
          name: node.address,
          send: async (args) => {
            const client = await redis.nodeClient(node as never);
            return client.sendCommand(args as string[], STRINGS);
          },
        })),
    };
  }

  get isReady(): boolean {
    return this.#redis.isReady ?? this.#redis.isOpen;
  }

  send(key: string, args: readonly string[]): Promise<unknown> {
    // Not from a replica, whatever the cluster is set up for: it may not know yet what was revoked.
    return this.#redis.sendCommand(key, false, args as string[], STRINGS);
  }

  listen(listener: ConnectionListener): void {
    const ready = (): void => listener.ready();
    const failed = (error: unknown): void => listener.failed(error);
    this.#redis.on('connect', ready);
    this.#redis.on('error', failed);
    this.#stopListening = () => {
      this.#redis.off('connect', ready);
      this.#redis.off('error', failed);
    };
  }

  connect(): void {
    // Nobody may do that twice, and the application will.
  }

  reconnect(): void {
    // A cluster finds its masters by itself.
  }

  close(): void {
    this.#stopListening();
  }
}
