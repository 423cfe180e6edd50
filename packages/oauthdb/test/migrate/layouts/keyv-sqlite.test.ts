import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Keyv as Keyv5 } from 'keyv';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keyvSqlite } from '../../../../../bench/keyv-6/src/index.ts';
import { keyvSource, migrate } from '../../../src/index.ts';
import { directory } from '../../cli/cli.ts';
import { database, exported, GLOBS } from './redis.ts';

const hour = 3_600_000;
const values: readonly unknown[] = [
  'token',
  '',
  ':token',
  ':base64:AA==',
  { a: ':b', c: [null] },
  5,
  Buffer.from(':'),
];

/** What is used of a Keyv, of either version. */
interface AnyKeyv {
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  get(key: string): Promise<unknown>;
  delete(key: string): Promise<boolean>;
}

/** Keyv 5 on a table as `@keyv/sqlite` made it for that: what Keyv says is a key, and what it says is a value. */
function keyv5(path: string, namespace?: string): AnyKeyv {
  const file = new Database(path);
  onTestFinished(() => void file.close());
  // A test's file need not outlast the machine.
  file.exec('PRAGMA synchronous = OFF; CREATE TABLE keyv(key VARCHAR(255) PRIMARY KEY, value TEXT)');
  const upsert = file.prepare(
    'INSERT INTO keyv (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const store = {
    get: async (key: string) => file.prepare('SELECT value FROM keyv WHERE key = ?').pluck().get(key),
    set: async (key: string, value: unknown) => void upsert.run(key, value),
    delete: async (key: string) => file.prepare('DELETE FROM keyv WHERE key = ?').run(key).changes > 0,
    clear: async () => void file.exec('DELETE FROM keyv'),
  };
  return new Keyv5({ store, ...(namespace === undefined ? {} : { namespace }) });
}

/** Keyv 6 and its own store. */
async function keyv6(path: string, namespace?: string): Promise<AnyKeyv> {
  const keyv = await keyvSqlite(path);
  onTestFinished(() => keyv.disconnect().then(() => {}));
  if (namespace !== undefined) keyv.namespace = namespace;
  return keyv;
}

async function bytesOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

describe.each([
  ['5', keyv5, 'keyv:'],
  ['6', keyv6, ''],
])('what Keyv %s has stored in SQLite', (_, keyvIn, usual) => {
  it.each([
    ['where it usually is', undefined, undefined],
    ['in a namespace', GLOBS, `${GLOBS}:`],
  ])('is brought, to the millisecond, %s', async (__, namespace, prefix) => {
    const path = join(await directory(), 'keyv.db');
    const keyv = await keyvIn(path, namespace);
    const keys = Array.from({ length: 1000 }, (___, i) => `${['user:', '', 'a%', 'ü\n'][i % 4]}${i}`);
    for (const [i, key] of keys.entries()) {
      await keyv.set(key, values[i % values.length], i % 2 === 0 ? undefined : hour + i);
    }
    await keyv.set('ended', 'token', 1);
    const before = await bytesOf(path);
    const to = await database();
    await using source = keyvSource(`sqlite:${path}`, prefix === undefined ? {} : { prefix });
    expect((await to.import(source.export(), { dryRun: true })).stored).toBe(1000);
    const compared = { same: 1000, different: 0, missing: 0, ended: 0 };
    const done = await migrate({ from: source, to });
    expect(done).toMatchObject({ stored: 1000, expired: 1, compared, leftOut: [] });
    expect(await migrate({ from: source, to })).toMatchObject({ stored: 0, kept: 1000, compared });
    expect(await bytesOf(path)).toBe(before);
    const wanted = await Promise.all(keys.map((key) => keyv.get(key)));
    expect(await to.getTokens(keys)).toEqual(
      wanted.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
    );
    const file = new Database(path, { readonly: true });
    const texts = file.prepare('SELECT value FROM keyv').pluck().all() as string[];
    file.close();
    const ends = texts.map((text) => (JSON.parse(text) as { expires?: number }).expires ?? null);
    const found = (await exported(to, 'held')).map(({ expires_at }) => expires_at && Date.parse(expires_at));
    const sum = (all: readonly (number | null)[]): number =>
      all.reduce<number>((total, end) => total + (end ?? 0), 0);
    const ended = Math.min(...ends.filter((end) => end !== null));
    expect(sum(found as (number | null)[])).toBe(sum(ends) - ended);
  });

  it('is followed, and what is not of Keyv or of another namespace is left', async () => {
    const path = join(await directory(), 'keyv.db');
    const keyv = await keyvIn(path);
    await keyv.set('a', '1');
    await keyv.set('b', '1');
    const file = new Database(path);
    onTestFinished(() => void file.close());
    file.prepare('INSERT INTO keyv (key, value) VALUES (?, ?)').run(`${usual}text`, 'canary');
    file.prepare('INSERT INTO keyv (key, value) VALUES (?, ?)').run(`${usual}bytes`, Buffer.from('canary'));
    if (usual === '') file.exec(`INSERT INTO keyv VALUES ('c', '{"value":"canary"}', 'another', NULL)`);
    else file.exec(`INSERT INTO keyv VALUES ('another:c', '{"value":"canary"}')`);
    const to = await database();
    await using source = keyvSource(`sqlite:${path}`);
    const stop = new AbortController();
    const steps = [() => keyv.set('a', '2'), () => keyv.delete('b'), () => keyv.set('d', '4', hour)];
    let done = Promise.resolve();
    const followed = await migrate({
      from: source,
      to,
      follow: true,
      pauseMs: 1,
      signal: stop.signal,
      onProgress: ({ phase }) => {
        if (phase !== 'follow') return;
        const step = steps.shift();
        done = done.then(async () => (step === undefined ? stop.abort() : void (await step())));
      },
    });
    expect(await to.getTokens(['a', 'b', 'c', 'd'])).toEqual(['2', null, null, '4']);
    expect(followed.leftOut).toHaveLength(2);
    expect(followed.leftOut).toEqual(
      expect.arrayContaining([
        { what: 'token', why: 'not_json', count: 1 },
        { what: 'token', why: 'other_type', count: 1 },
      ]),
    );
  });
});

it('says what is the matter with a file that is none of Keyv', async () => {
  const dir = await directory();
  const to = await database();
  new Database(join(dir, 'empty.db')).exec('CREATE TABLE other (key)').close();
  for (const [name, code] of [
    ['none.db', 'OAUTHDB_CONFIG'],
    ['none/none.db', 'OAUTHDB_CONFIG'],
    ['empty.db', 'OAUTHDB_CORRUPT'],
  ] as const) {
    await using source = keyvSource(`sqlite:${join(dir, name)}`);
    await expect(migrate({ from: source, to })).rejects.toMatchObject({ code });
  }
  const closed = keyvSource(`sqlite:${join(dir, 'empty.db')}`);
  await expect(migrate({ from: closed, to })).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  await closed.close();
  await closed.close();
  await expect(migrate({ from: closed, to })).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
});
