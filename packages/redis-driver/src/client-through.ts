import type { ClusterMap, ConnectionListener, RedisClient } from './client.ts';

/** Does what another client does: a base for clients that do one thing otherwise. */
export abstract class ClientThrough implements RedisClient {
  declare readonly cluster?: ClusterMap;
  protected readonly client: RedisClient;

  constructor(client: RedisClient) {
    this.client = client;
    if (client.cluster !== undefined) this.cluster = client.cluster;
  }

  get isReady(): boolean {
    return this.client.isReady;
  }

  send(key: string, args: readonly string[]): Promise<unknown> {
    return this.client.send(key, args);
  }

  listen(listener: ConnectionListener): void {
    this.client.listen(listener);
  }

  connect(): void {
    this.client.connect();
  }

  reconnect(): void {
    this.client.reconnect();
  }

  close(): void {
    this.client.close();
  }
}
