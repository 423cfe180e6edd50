import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { backup, keepNewest, restore, timedPath, verify, type BackupSecret } from '../../src/index.ts';
import { contents, directory, empty, fill } from './subjects.ts';

const passphrase = 'correct horse battery staple';
const key = randomBytes(32);

async function written(secret: BackupSecret): Promise<{ file: string; whole: Buffer }> {
  const db = await empty('memory');
  await fill(db, 20);
  // More than one chunk of what no compression makes shorter.
  const tokens = Array.from({ length: 100 }, (_, i) => ({
    key: `${i}`,
    token: randomBytes(600).toString('base64url'),
  }));
  await db.storeTokens(tokens);
  const file = join(directory(), 'oauth.backup');
  await backup(db, file, secret);
  return { file, whole: readFileSync(file) };
}

describe.each([
  ['in clear', {}],
  ['with a key', { key }],
] as const)('a file %s', (_name, secret) => {
  it('is for this user alone, and small', async () => {
    const { file, whole } = await written(secret);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(whole.length).toBeLessThan(100 * 800 + 20 * 8 * 200);
  });

  it('that was cut anywhere, or of which a bit was changed, restores nothing', async () => {
    const { file, whole } = await written(secret);
    const to = await empty('memory');
    const damages = Array.from({ length: 40 }, (_, i) => {
      const at = Math.floor((whole.length * i) / 40);
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ (1 << (i % 8));
      return [whole.subarray(0, at), flipped];
    }).flat();
    for (const damage of [...damages, whole.subarray(0, -1), Buffer.concat([whole, whole])]) {
      writeFileSync(file, damage);
      // Of the header of gzip, some bits say nothing of what it holds.
      const isSame = damage.length === whole.length && (await isWhole(file, secret));
      if (isSame) continue;
      await expect(restore(to, file, secret)).rejects.toMatchObject({ name: 'OAuthDatabaseError' });
      expect((await contents(to)).lines).toEqual([]);
    }
  });
});

/** Whether a changed file decompresses to the same all the same. */
async function isWhole(file: string, secret: BackupSecret): Promise<boolean> {
  const changed = readFileSync(file);
  if (Object.keys(secret).length > 0) return false;
  try {
    const text = gunzipSync(changed).toString();
    const records = text.trim().split('\n').length - 2;
    return (await verify(file)).records === records;
  } catch {
    return false;
  }
}

describe('an encrypted file', () => {
  it('opens with its passphrase alone, and says what is the matter', async () => {
    const { file, whole } = await written({ passphrase });
    expect((await verify(file, { passphrase })).records).toBeGreaterThan(200);
    const wrong: [BackupSecret, RegExp][] = [
      [{}, /encrypted with a passphrase/],
      [{ passphrase: `${passphrase}!` }, /not the one/],
      [{ key }, /encrypted with a passphrase, which is not/],
    ];
    for (const [secret, says] of wrong) {
      const error = await verify(file, secret).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'OAUTHDB_UNDECRYPTABLE' });
      expect(String(error)).toMatch(says);
      expect(String(error)).not.toContain(passphrase);
    }
    expect(whole.includes('token of')).toBe(false);
  });

  it('does not open with parts of it in another order', async () => {
    const { file, whole } = await written({ key });
    const head = whole.indexOf('\n', whole.indexOf('\n') + 1) + 1;
    const chunk = 64 * 1024 + 16;
    const chunks: Buffer[] = [];
    for (let at = head; at < whole.length; at += chunk) chunks.push(whole.subarray(at, at + chunk));
    expect(chunks.length).toBeGreaterThan(1);
    const [first, ...rest] = chunks;
    for (const other of [[...rest, first], rest, chunks.slice(0, -1), [first, ...chunks]]) {
      writeFileSync(file, Buffer.concat([whole.subarray(0, head), ...(other as Buffer[])]));
      await expect(verify(file, { key })).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
    }
  });

  it('is what is asked for by whoever gives a secret', async () => {
    const { file } = await written({});
    await expect(verify(file, { key })).rejects.toMatchObject({ code: 'OAUTHDB_INTEGRITY' });
  });

  it('refuses a secret that is none, and does not show it', async () => {
    const db = await empty('memory');
    const bad: [BackupSecret, RegExp][] = [
      [{ passphrase: 'too short' }, /12 characters/],
      [{ passphrase: 1 as never }, /a string/],
      [{ key: 'secret' }, /32 bytes/],
      [{ key: randomBytes(16) }, /32 bytes/],
      [{ key, passphrase }, /both/],
    ];
    for (const [secret, says] of bad) {
      const error = await backup(db, 'nowhere', secret).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(says);
      expect(String(error)).not.toMatch(/too short$|"secret"/);
    }
  });
});

describe('a file that was made by hand', () => {
  it.each([
    ['of nothing', ''],
    ['of another kind', 'PK\u0003\u0004'],
    ['of JSON that is no backup', '{"a":1}'],
    ['of an empty text', gzipSync('')],
    ['without an end', gzipSync('{"format":"oauthdb-backup","version":1}\n')],
    ['of a version that is not known', gzipSync('{"format":"oauthdb-backup","version":2}\n{}\n')],
    [
      'with a checksum of something else',
      gzipSync('{"format":"oauthdb-backup","version":1}\n{"records":0,"sha256":"x"}\n'),
    ],
    [
      'with a line that is no record',
      gzipSync('{"format":"oauthdb-backup","version":1}\n{"kind":"x"}\n{"records":1,"sha256":"x"}\n'),
    ],
  ])('is refused: %s', async (_name, text) => {
    const file = join(directory(), 'oauth.backup');
    writeFileSync(file, text);
    await expect(verify(file)).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  });
});

describe('a place', () => {
  it('that cannot be written to keeps what was there', async () => {
    const db = await empty('memory');
    const file = join(directory(), 'oauth.backup');
    mkdirSync(file);
    await expect(backup(db, file)).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|ENOTEMPTY|EPERM/),
    });
    expect(readdirSync(join(file, '..'))).toEqual(['oauth.backup']);
    await expect(backup(db, join(file, 'no', 'such'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps the newest of several, and nothing else is touched', async () => {
    const place = directory();
    const path = join(place, 'oauth.backup');
    const times = ['2026-01-02T03:04:05Z', '2026-01-02T03:04:06Z', '2025-12-31T23:59:59Z'];
    for (const time of times) writeFileSync(timedPath(path, new Date(time)), '');
    const others = [
      'oauth.backup',
      'oauth-.backup',
      'oauth-20260102-030405.backup.gz',
      'my-oauth-20260102-030405.backup',
    ];
    for (const name of others) writeFileSync(join(place, name), '');
    expect(await keepNewest(path, 2)).toEqual(['oauth-20251231-235959.backup']);
    const left = ['oauth-20260102-030405.backup', 'oauth-20260102-030406.backup', ...others];
    expect(readdirSync(place).toSorted()).toEqual(left.toSorted());
    await expect(keepNewest(path, 0)).rejects.toThrow(/count/);
  });
});
