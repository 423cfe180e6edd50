import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { directory, output, run, values } from './cli.ts';
import { placeOf, type Place } from './places.ts';

const sqlite = async (): Promise<Place> => placeOf(`sqlite:${join(await directory(), 't.db')}`);

it('puts a new client and its secret into a file that only its owner can read, and shows the secret nowhere', async () => {
  const { run: at, flags, open } = await sqlite();
  const file = join(await directory(), 'client.json');
  const register = [
    'clients',
    'register',
    '--redirect-uri',
    'http://a/cb',
    '--redirect-uri',
    'http://b/cb',
    '--output',
    file,
    ...flags,
  ];
  const said = await output([...register, '--name', 'My App'], at);
  const written = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  expect(written).toMatchObject({ client_name: 'My App', redirect_uris: ['http://a/cb', 'http://b/cb'] });
  expect(written['client_secret']).toMatch(/^[\w-]{43}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(said).not.toContain(written['client_secret']);
  expect(said).toContain('client_secret\t********');
  await using db = await open();
  expect(await db.clients.get(written['client_id'] as string)).toEqual(written);
  // Where the secret cannot be kept, there is no client.
  expect((await run(register, at)).code).toBe(2);
  expect(await values(['clients', 'list', ...flags], at)).toHaveLength(1);
});

it('takes metadata as JSON, which options go before', async () => {
  const { run: at, flags, open } = await sqlite();
  const file = join(await directory(), 'metadata.json');
  const metadata = {
    client_id: 'c',
    client_name: 'A',
    client_secret: 'canary-own',
    redirect_uris: ['http://a/cb'],
    logo_uri: 'http://a/l',
  };
  await writeFile(file, JSON.stringify(metadata));
  const shown = { ...at, showsSecrets: true };
  await output(
    ['clients', 'register', '--metadata', file, '--name', 'B', '--expires', '1h', '--show-secrets', ...flags],
    shown,
  );
  await using db = await open();
  const client = await db.clients.get('c');
  expect(client).toMatchObject({ ...metadata, client_name: 'B' });
  expect(Date.parse(client?.expires_at ?? '')).toBeLessThan(Date.now() + 3_600_001);
  const byInput = ['clients', 'register', 'd', '--metadata', '-', '--public', ...flags];
  await output(byInput, { ...at, input: JSON.stringify(metadata) });
  expect(await db.clients.get('d')).toMatchObject({ client_id: 'd', token_endpoint_auth_method: 'none' });
  expect(await db.clients.get('d')).not.toHaveProperty('client_secret');
  for (const wrong of ['canary, no JSON', '["canary"]', '{"client_name":"canary"}']) {
    expect((await run(byInput, { ...at, input: wrong })).code).toBe(2);
  }
});

it('changes nothing in a dry run', async () => {
  const { run: at, flags } = await sqlite();
  const dry = ['clients', 'register', 'c', '--redirect-uri', 'http://a/cb', '--dry-run', ...flags];
  expect(await values(dry, at)).toMatchObject([{ client_id: 'c', client_secret: '********' }]);
  expect(await values(['clients', 'list', ...flags], at)).toEqual([]);
});
