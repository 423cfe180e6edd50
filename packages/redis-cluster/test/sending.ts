import type { RedisClient } from '@oauthdb/redis-driver';

/** The same client, whose commands go through `send`. */
export function sending(client: RedisClient, send: RedisClient['send']): RedisClient {
  return {
    get isReady() {
      return client.isReady;
    },
    ...(client.cluster === undefined ? {} : { cluster: client.cluster }),
    listen: (listener) => client.listen(listener),
    connect: () => client.connect(),
    reconnect: () => client.reconnect(),
    close: () => client.close(),
    send,
  };
}
