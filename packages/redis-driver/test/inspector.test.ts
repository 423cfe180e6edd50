import { startPrivateServer } from '@oauthdb/test-redis/server';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { Inspector, IoredisClient, type MonitoredCommand, type RedisClient } from '../src/index.ts';
import { connect } from './server.ts';

const TIMEOUT_MS = 500;

/** An inspector on a connection, or on what is made of it. */
function inspect(
  redis: Redis = connect(),
  wrap = (client: RedisClient): RedisClient => client,
  timeoutMs = TIMEOUT_MS,
): Inspector {
  const inspector = new Inspector(wrap(new IoredisClient(redis, { isOurs: true })), timeoutMs);
  onTestFinished(() => inspector.close());
  return inspector;
}

it('asks a server whatever there is to ask', async () => {
  const [node] = await inspect().nodes();
  expect(node?.name).toBe('');
  expect(await node?.send('PING')).toBe('PONG');
  await expect(node?.send('NO-SUCH-COMMAND', 'secret')).rejects.toMatchObject({
    code: 'OAUTHDB_CONFIG',
    message: expect.not.stringContaining('secret'),
  });
});

it('asks whichever server has a key', async () => {
  await using server = await startPrivateServer();
  const inspector = inspect(connect(server));
  await server.send('SET', 'key', 'value');
  expect(await inspector.sendFor('key', 'GET', 'key')).toBe('value');
  server.pause();
  await expect(inspector.sendFor('key', 'GET', 'key')).rejects.toMatchObject({ retryable: true });
});

it('tells every command, until it is stopped', async () => {
  await using server = await startPrivateServer();
  const [node] = await inspect(connect(server)).nodes();
  const told: MonitoredCommand[] = [];
  const stop = await node?.monitor((command) => told.push(command));
  await server.send('SET', 'a "key"', 'ä');
  await expect
    .poll(() => told.map(({ args }) => args))
    .toContainEqual(['SET', 'a "key"', expect.any(String)]);
  stop?.();
  // Once the server has noticed, nobody is told any more.
  await expect
    .poll(async () => String(await server.send('CLIENT', 'LIST')).includes('cmd=monitor'))
    .toBe(false);
  const before = told.length;
  await server.send('SET', 'b', 'c');
  await server.send('PING');
  expect(told).toHaveLength(before);
});

it('watches a server that is never idle', async () => {
  await using server = await startPrivateServer();
  const redis = connect(server);
  const [node] = await inspect(connect(server), undefined, 10_000).nodes();
  const done = new AbortController();
  const busy = (async () => {
    while (!done.signal.aborted) await Promise.all(Array.from({ length: 100 }, () => redis.get('key')));
  })();
  try {
    for (let round = 0; round < 20; round += 1) {
      let told = 0;
      const stop = await node?.monitor(() => (told += 1));
      await expect.poll(() => told).toBeGreaterThan(100);
      stop?.();
    }
  } finally {
    done.abort();
    await busy;
  }
});

it('leaves nothing behind where it may not watch', async () => {
  await using server = await startPrivateServer();
  await server.send('ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '+@all', '-monitor');
  const redis = new Redis({ host: server.host, port: server.port, username: 'app', password: 'any' });
  onTestFinished(() => redis.disconnect());
  const [node] = await inspect(redis).nodes();
  await expect(node?.monitor(() => {})).rejects.toMatchObject({ code: 'OAUTHDB_AUTH' });
  const ofApp = async (): Promise<number> =>
    String(await server.send('CLIENT', 'LIST')).match(/user=app/g)?.length ?? 0;
  await expect.poll(ofApp).toBe(1);
});

it('does not wait for a server that hangs', async () => {
  await using server = await startPrivateServer();
  const [node] = await inspect(connect(server)).nodes();
  server.pause();
  await expect(node?.send('PING')).rejects.toMatchObject({ retryable: true });
});

it('says it where the library cannot watch', async () => {
  const blind = (client: RedisClient): RedisClient => ({
    get isReady() {
      return client.isReady;
    },
    send: (key, args) => client.send(key, args),
    listen: (listener) => client.listen(listener),
    connect: () => client.connect(),
    reconnect: () => client.reconnect(),
    close: () => client.close(),
  });
  const [node] = await inspect(connect(), blind).nodes();
  await expect(node?.monitor(() => {})).rejects.toMatchObject({ code: 'OAUTHDB_UNSUPPORTED' });
});

it('says why it cannot connect, and nothing after it was closed', async () => {
  const { host, port } = await closedPort();
  const lost = inspect(new Redis({ host, port, lazyConnect: true, retryStrategy: () => 50 }));
  await expect(lost.nodes()).rejects.toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
  await lost.close();
  await expect(lost.nodes()).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
});

async function closedPort(): Promise<{ host: string; port: number }> {
  const server = await startPrivateServer();
  await server.stop();
  return server;
}
