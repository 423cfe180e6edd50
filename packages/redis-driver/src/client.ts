import type { MonitoredCommand, StopMonitoring } from './monitored.ts';

/**
 * What a client library lends to the driver: one function that sends a command, and the least that can be said about a
 * connection's life. Everything else that the Redis backends share is in this package.
 */
export interface RedisClient {
  /** Whether commands can be sent now. */
  readonly isReady: boolean;
  /** Present where the client talks to a cluster. */
  readonly cluster?: ClusterMap;

  /** Sends a command. In a cluster `key` says to which node; with a single one it is of no use. */
  send(key: string, args: readonly string[]): Promise<unknown>;

  /** Tells `listener` about the connection until {@link close}. Called once, before anything else. */
  listen(listener: ConnectionListener): void;

  /** Begins to connect, if that has not begun. Called whenever somebody waits for the connection; never throws. */
  connect(): void;

  /** Gives the connection up for a new one; the commands under way fail. Does nothing with a client of somebody else's. */
  reconnect(): void;

  /**
   * Ends the connection at once and for good; the commands under way fail. With a client of somebody else's, ends the listening
   * only. Never throws.
   */
  close(): void;

  /** Tells every command of the server, over a connection of its own. Absent where the library cannot. */
  monitor?(listener: (command: MonitoredCommand) => void): Promise<StopMonitoring>;
}

export interface ConnectionListener {
  /** A server took the connection; it has not answered yet. */
  connected(): void;
  /** Commands can be sent from now on, on a new connection. */
  ready(): void;
  /** An attempt to connect failed, or the connection did. */
  failed(error: unknown): void;
}

/** What a client knows of its cluster. */
export interface ClusterMap {
  /** The nodes that hold the slots. */
  masters(): readonly ClusterNode[];
  /** The {@link ClusterNode.name} of the master that holds a slot, as far as it is known. */
  nodeOf(slot: number): string | undefined;
}

export interface ClusterNode {
  /** Its address, or anything else that stays the same as long as the node does. */
  readonly name: string;
  send(args: readonly string[]): Promise<unknown>;
  /** As {@link RedisClient.monitor}. */
  readonly monitor?: (listener: (command: MonitoredCommand) => void) => Promise<StopMonitoring>;
}
