import { readFileSync } from 'node:fs';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { expect, it, onTestFinished } from 'vitest';
import { start, temporaryDirectory } from '../src/start.ts';

const data = new URL('../../../examples/gateway-data/data/redis.json', import.meta.url);
const { keys } = JSON.parse(readFileSync(data, 'utf8')) as { keys: Record<string, { value: unknown }> };

it("shows what the gateway's service has stored, revokes, and leaves the rest as it was", async () => {
  const redis = await startPrivateServer();
  onTestFinished(() => redis.stop());
  const cwd = await temporaryDirectory();
  const env = { REDIS_URL: `redis://${redis.host}:${redis.port}` };
  const run = (...args: string[]) => start('gateway-data/src/main.ts', cwd, env, args).ended;
  const stored = async (pattern: string): Promise<string[]> =>
    (await redis.send('KEYS', pattern)) as string[];
  expect(await start('gateway-data/src/load.ts', cwd, env).ended).toEqual({
    code: 0,
    stdout: 'loaded 10 keys\n',
    stderr: '',
  });
  const clients = await stored('oauth:client:*');
  expect(clients).toHaveLength(3);

  const { code, stdout, stderr } = await run();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const key of clients) expect(stdout).toContain(`client_id: '${key.slice('oauth:client:'.length)}'`);
  expect(stdout).toContain("client_name: 'Ünï ☃ Client'");
  // In Redis it is a JSON text within JSON.
  expect(stdout.split("redirect_uris: [ 'http://localhost:8080/callback' ]")).toHaveLength(4);
  const jtis = (await redis.send('SMEMBERS', 'oauth:user_tokens:octocat')) as string[];
  expect(jtis).toHaveLength(2);
  for (const jti of jtis) expect(stdout).toContain(`jti: '${jti}'`);
  expect(stdout).toContain('refresh tokens of octocat: 2\n');
  for (const key of await stored('oauth:refresh:*')) expect(stdout).not.toContain(key.slice(-43));
  expect((await run('show', 'hubot')).stdout).toContain('refresh tokens of hubot: 0\n');

  const revoked = await run('revoke');
  expect(revoked).toMatchObject({ code: 0, stderr: '' });
  expect(revoked.stdout).toContain('accessTokens: 2, refreshTokens: 2');
  expect(await stored('oauth:token:*')).toEqual([]);
  expect(await stored('oauth:refresh:*')).toEqual([]);
  for (const key of clients) expect(await redis.send('GET', key)).toBe(keys[key]?.value);
  expect(await run('delete')).toMatchObject({ code: 1, stdout: '' });
});
