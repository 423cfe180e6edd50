import {
  callIoredis,
  IoredisClient,
  monitorIoredis,
  type Ioredis,
  type MonitorsIoredis,
} from '@oauthdb/redis-driver';
import { Cluster } from 'ioredis';
import type { ClusterSettings } from './options.ts';

/** What this package uses of a `Cluster` of ioredis, of whichever version or copy. */
export interface IoredisCluster extends Ioredis {
  /** By slot, the addresses of the nodes that hold it, the master first. */
  readonly slots: readonly (readonly string[] | undefined)[];
  nodes(role: 'master'): readonly IoredisNode[];
}

interface IoredisNode extends Pick<Ioredis, 'call'>, MonitorsIoredis {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
}

/** A cluster of our own. */
export function ownCluster(settings: ClusterSettings): IoredisClient {
  const { nodes, username, password, tls, connectTimeout, silenceMs, reconnectDelay } = settings;
  const cluster = new Cluster([...nodes], {
    lazyConnect: true,
    clusterRetryStrategy: reconnectDelay,
    // A command whose connection was lost may have been carried out: core repeats it, if that is harmless, and only then.
    retryDelayOnFailover: 0,
    // Sixteen times; then calls that were joined are sent one by one, which a slot that is being moved takes.
    retryDelayOnTryAgain: 20,
    // This needs a right that an application has no other use for.
    enableReadyCheck: false,
    slotsRefreshTimeout: Math.max(1000, silenceMs),
    // A certificate is made out to a name.
    ...(tls === undefined ? {} : { dnsLookup: (host, done) => done(null, host) }),
    redisOptions: {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined ? {} : { tls }),
      connectTimeout,
      // Notices a node that hangs, which must not have the others reconnected.
      socketTimeout: silenceMs + 500,
      disconnectTimeout: 100,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      disableClientInfo: true,
    },
  });
  return clientOf(cluster, true);
}

/** A cluster of the application's. */
export function givenIoredisCluster(cluster: IoredisCluster): IoredisClient {
  const { options = {} } = cluster as {
    readonly options?: { readonly keyPrefix?: string; readonly scaleReads?: unknown };
  };
  if (options.keyPrefix) throw new TypeError('client must not have a keyPrefix: set that of the database');
  if ((options.scaleReads ?? 'master') !== 'master') {
    throw new TypeError(
      'client must read from masters (scaleReads): a replica may not know yet what was revoked',
    );
  }
  return clientOf(cluster, false);
}

function clientOf(cluster: IoredisCluster, isOurs: boolean): IoredisClient {
  return new IoredisClient(cluster, {
    isOurs,
    sockets: () => cluster.nodes('master'),
    cluster: {
      nodeOf: (slot) => cluster.slots[slot]?.[0],
      masters: () =>
        cluster.nodes('master').map((node) => ({
          name: `${node.options.host}:${node.options.port}`,
          send: (args) => callIoredis(node, args),
          monitor: (listener) => monitorIoredis(node, listener),
        })),
    },
  });
}
