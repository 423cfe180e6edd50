import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { expect, it } from 'vitest';
import { directory, output, run, values } from './cli.ts';

// Made by the gateway's own script.
const genuine = fileURLToPath(new URL('../data/oauth-backup-20261121-163730.json', import.meta.url));

/** All refresh tokens, codes and secrets of clients in it. */
async function secrets(): Promise<string[]> {
  const { registrations, refresh_tokens, codes } = JSON.parse(await readFile(genuine, 'utf8')) as Record<
    string,
    Record<string, { readonly value: string }>
  >;
  const clients = Object.values(registrations ?? {}).map(
    ({ value }) => JSON.parse(value) as Record<string, string>,
  );
  return [
    ...Object.keys(refresh_tokens ?? {}),
    ...Object.keys(codes ?? {}),
    ...clients.flatMap(({ client_secret: secret = '', registration_access_token: token = '' }) => [
      secret,
      token,
    ]),
  ];
}

it("takes the gateway's backup in, looks after its data without showing a secret, and writes such a backup", async () => {
  await using server = await startPrivateServer();
  const at = { db: `redis://${server.host}:${server.port}` };
  const flags = ['--layout', 'gateway'];
  const said: string[] = [];
  const saying = async (...args: string[]): Promise<string> => {
    const text = await output([...args, ...flags], at);
    said.push(text);
    return text;
  };
  expect(await values(['verify', genuine])).toMatchObject([
    { source: 'gateway', counts: { client: 3, refresh: 2, code: 1 } },
  ]);
  await saying('restore', genuine);
  expect((await saying('clients', 'list')).trim().split('\n')).toHaveLength(3);
  const [[handle = ''] = []] = (await saying('refresh-tokens', 'list'))
    .split('\n')
    .map((line) => line.split('\t'));
  expect(handle).toMatch(/^#[0-9a-f]{12}$/);
  expect(await saying('refresh-tokens', 'show', handle)).toContain('username\toctocat');
  // The record does not say it: Redis does.
  expect(Number(await saying('refresh-tokens', 'ttl', handle))).toBeGreaterThan(0);
  for (const noun of ['codes', 'users', 'access-tokens']) await saying(noun, 'list');
  const [client = ''] = (await saying('clients', 'list')).split('\t');
  await saying('clients', 'show', client);
  await saying('clients', 'show', client, '--json');
  const file = join(await directory(), 'oauth-backup-20260101-120000.json');
  await saying('backup', file, '--format', 'gateway');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    metadata: { total_registrations: 3, total_refresh_tokens: 2 },
  });
  const found = await secrets();
  expect(found.length).toBeGreaterThan(8);
  for (const secret of found) expect(said.join('\n')).not.toContain(secret);
  expect((await run(['restore', genuine, ...flags, '--mode', 'replace'], at)).code).toBe(2);
});
