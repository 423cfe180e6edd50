import { freePort } from '@oauthdb/test-redis/ports';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { expect, it, onTestFinished } from 'vitest';
import { start, temporaryDirectory } from '../src/start.ts';

/** A server, a client, and what stands in for ATXP's own services, on a Redis of their own. */
async function together(env: Readonly<Record<string, string>> = {}) {
  const redis = await startPrivateServer();
  onTestFinished(() => redis.stop());
  const cwd = await temporaryDirectory();
  const port = await freePort();
  const standIn = start('atxp-server/src/stand-in.ts', cwd, { ...env, PORT: String(port) });
  const common = {
    REDIS_URL: `redis://${redis.host}:${redis.port}`,
    ATXP_AUTH_SERVER: `http://localhost:${port}`,
  };
  await standIn.printed(/are at/);
  const serverEnv = { ...common, PORT: String(await freePort()) };
  const startServer = async () => {
    const server = start('atxp-server/src/main.ts', cwd, serverEnv);
    await server.printed(/is at/);
    return server;
  };
  const clientEnv = {
    ...common,
    MCP_SERVER: `http://localhost:${serverEnv.PORT}/mcp`,
    ATXP_CONNECTION: `${common.ATXP_AUTH_SERVER}?connection_token=octocat`,
  };
  const runClient = () => start('atxp-client/src/main.ts', cwd, clientEnv).ended;
  return { redis, startServer, runClient };
}

const BROWSED = {
  code: 0,
  stdout: "[ { type: 'text', text: 'atxp:octocat asks for https://example.com' } ]\n",
  stderr: '',
};

it('an ATXP client authorizes once, and a server registers once, whoever is started again', async () => {
  const { redis, startServer, runClient } = await together();
  let server = await startServer();
  expect(await runClient()).toEqual(BROWSED);
  const keys = async (): Promise<string[]> => ((await redis.send('KEYS', '*')) as string[]).toSorted();
  const stored = await keys();
  const kinds = stored.map((key) => /^(server|atxp):oauth:(\w+):/.exec(key)?.slice(1).join(' '));
  expect(kinds).toEqual([
    'atxp access_token',
    'atxp client_credentials',
    'atxp pkce',
    'atxp refresh_token',
    'server access_token',
    'server client_credentials',
  ]);
  const values = await redis.send('MGET', ...stored);

  expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
  server = await startServer();
  expect(await runClient()).toEqual(BROWSED);
  expect(await keys()).toEqual(stored);
  expect(await redis.send('MGET', ...stored)).toEqual(values);
  expect((await server.stop()).stderr).toBe('');
});

it('an ATXP client whose access token has ended refreshes it', async () => {
  const { redis, startServer, runClient } = await together({ ACCESS_TOKEN_SECONDS: '2' });
  await startServer();
  expect(await runClient()).toEqual(BROWSED);
  const [key = ''] = (await redis.send('KEYS', 'atxp:oauth:refresh_token:*')) as string[];
  const first = await redis.send('GET', key);
  await expect.poll(() => redis.send('KEYS', 'atxp:oauth:access_token:*'), { timeout: 10_000 }).toEqual([]);
  expect(await runClient()).toEqual(BROWSED);
  expect(await redis.send('GET', key)).not.toBe(first);
  // It did not begin anew.
  expect(await redis.send('KEYS', 'atxp:oauth:pkce:*')).toHaveLength(1);
});
