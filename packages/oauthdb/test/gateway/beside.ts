import type { DatabaseOptions, OAuthDatabase } from '@oauthdb/core';
import { serviceFault, type ServiceKind } from '@oauthdb/core/conformance';
import * as ioredis from '@oauthdb/ioredis';
import * as nodeRedis from '@oauthdb/node-redis';
import { RedisClusterOAuthDatabase } from '@oauthdb/redis-cluster';
import type {} from '@oauthdb/test-redis/setup';
import { Cluster, Redis } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { load, readDump, TAKEN_AT, type DumpName } from './genuine.ts';

/** Where the service's Redis is used from here, and the raw client beside it. */
export interface Client {
  readonly name: string;
  readonly open: (options: DatabaseOptions) => OAuthDatabase;
  readonly raw: () => Redis | Cluster;
}

const single = (): Redis => new Redis(inject('standalone').url);

export const clients: readonly Client[] = [
  {
    name: 'ioredis',
    open: (options) => new ioredis.RedisOAuthDatabase({ url: inject('standalone').url, ...options }),
    raw: single,
  },
  {
    name: 'node-redis',
    open: (options) => new nodeRedis.RedisOAuthDatabase({ url: inject('standalone').url, ...options }),
    raw: single,
  },
  {
    name: 'a cluster',
    open: (options) => new RedisClusterOAuthDatabase({ nodes: inject('cluster').nodes, ...options }),
    raw: () => new Cluster([...inject('cluster').nodes]),
  },
];

const kinds: readonly ServiceKind[] = ['client', 'state', 'code', 'token', 'refresh'];

/** A Redis of the service's, with some of its data, and a database on it. */
export class Beside {
  /** What stands where the service has `oauth:`. */
  readonly prefix: string = `gw${process.pid}.${Math.random().toString(36).slice(2)}:`;
  readonly redis: Redis | Cluster;
  readonly db: OAuthDatabase;
  readonly #client: Client;

  private constructor(client: Client, options: DatabaseOptions) {
    this.#client = client;
    this.redis = client.raw();
    onTestFinished(() => this.redis.disconnect());
    onTestFinished(() => this.#tidy());
    this.db = this.open(options);
  }

  /** At the time of the dumps, unless `options` say otherwise. */
  static async with(client: Client, dump: DumpName | null, options: DatabaseOptions = {}): Promise<Beside> {
    const beside = new Beside(client, { now: () => TAKEN_AT, ...options });
    if (dump !== null) await load(beside.redis, readDump(dump), beside.prefix);
    return beside;
  }

  open(options: DatabaseOptions = {}): OAuthDatabase {
    const db = this.#client.open({ layout: 'gateway', serverKeyPrefix: this.prefix, ...options });
    onTestFinished(() => db.close());
    return db;
  }

  key(kind: string, id: string): string {
    return `${this.prefix}${kind}:${id}`;
  }

  get(kind: string, id: string): Promise<string | null> {
    return this.redis.get(this.key(kind, id));
  }

  /** A record as it stands there. */
  async stored(kind: string, id: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.get(kind, id)) ?? 'null') as Record<string, unknown>;
  }

  /** Seconds. */
  ttl(kind: string, id: string): Promise<number> {
    return this.redis.ttl(this.key(kind, id));
  }

  members(username: string): Promise<string[]> {
    return this.redis.smembers(this.key('user_tokens', username)).then((jtis) => jtis.toSorted());
  }

  /** All keys that the service would look at, without the prefix. */
  async keys(): Promise<string[]> {
    const all = await this.#all(`${this.prefix}*`);
    const seen = all.map((key) => key.slice(this.prefix.length));
    return seen.filter((key) => /^(client|state|code|token|refresh|user_tokens):/.test(key)).toSorted();
  }

  async #all(pattern: string): Promise<string[]> {
    const nodes = this.redis instanceof Cluster ? this.redis.nodes('master') : [this.redis];
    return (await Promise.all(nodes.map((node) => node.keys(pattern)))).flat();
  }

  async #tidy(): Promise<void> {
    await Promise.all((await this.#all(`*${this.prefix}*`)).map((key) => this.redis.del(key)));
  }

  /** What the service could not do with what stands there. */
  async faults(): Promise<string[]> {
    const found: string[] = [];
    for (const key of await this.keys()) {
      const kind = kinds.find((one) => key.startsWith(`${one}:`));
      if (kind === undefined) continue;
      const fault = serviceFault(kind, (await this.redis.get(this.prefix + key)) ?? '');
      if (fault !== null) found.push(`${kind}: ${fault}`);
    }
    return found;
  }
}
