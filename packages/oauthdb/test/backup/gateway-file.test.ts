import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportedKinds, type ExportedKind } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { backup, restore, verify } from '../../src/index.ts';
import { contents, directory, empty } from './subjects.ts';

const genuine = fileURLToPath(new URL('../data/oauth-backup-20261121-163730.json', import.meta.url));
const takenAt = Date.parse('2026-11-21T16:37:30.441Z');
const soonAfter = { now: (): number => takenAt + 1000 };
const client = 'client_Ci3pzmALsCtsNCfIsEkCdA';
const refresh = 'Msi8M7G591c_sNv68NhpzLdxB1AHkerTphE2V9KX80Y';

interface File {
  [section: string]: Record<string, { value: string; ttl: number; type?: string; expires_at_ms?: number }>;
}

function changed(change: (file: File) => void): string {
  const file = JSON.parse(readFileSync(genuine, 'utf8')) as File;
  change(file);
  const path = join(directory(), 'oauth-backup.json');
  writeFileSync(path, JSON.stringify(file));
  return path;
}

describe("the gateway's own backup file", () => {
  it('is restored, with ends that are moments and everything on its lists', async () => {
    const db = await empty('memory', soonAfter);
    expect((await verify(genuine)).counts).toEqual({
      held: 0,
      client: 3,
      state: 1,
      code: 1,
      token: 2,
      refresh: 2,
      session: 1,
    });
    const { stored, backup: file } = await restore(db, genuine);
    expect([stored, file.created_at, file.source]).toEqual([10, '2026-11-21T16:37:30.441Z', 'gateway']);
    expect((await db.clients.get(client))?.redirect_uris).toEqual(['http://localhost:8080/callback']);
    const token = await db.refreshTokens.get(refresh);
    expect(token?.expires_at).toBe(new Date(takenAt + 31_535_996_000).toISOString());
    expect(await db.revoke({ username: 'octocat' })).toMatchObject({
      accessTokens: 2,
      refreshTokens: 2,
      codes: 1,
    });
  });

  it('brings nothing back that has ended since', async () => {
    const db = await empty('memory', { now: () => takenAt + 3_600_000 });
    const { stored, expired } = await restore(db, genuine);
    // The state, the access tokens and the session lived for an hour at the most.
    expect([stored, expired]).toEqual([6, 4]);
    expect((await restore(await empty('memory'), genuine, { dryRun: true })).stored).toBeLessThan(10);
  });

  it('makes nothing immortal that had less than half a second left', async () => {
    const path = changed((file) => {
      file['refresh_tokens']![refresh]!.ttl = -1;
      file['tokens']!['HGyh7rNHblsrd-gXMY2gQQ']!.ttl = -1;
      for (const [i, one] of Object.values(file['registrations']!).entries()) one.ttl = i === 0 ? -1 : 0;
    });
    const db = await empty('memory', soonAfter);
    const { stored, backup: file } = await restore(db, path);
    expect(file.skipped).toEqual({ ended: 3, unreadable: 0 });
    expect(stored).toBe(7);
    expect(await db.refreshTokens.get(refresh)).toBeNull();
    // A registration may be for ever, and an access token says itself when it ends.
    expect((await contents(db)).lines.filter((line) => line.includes('"expires_at":null,"id"'))).toHaveLength(
      1,
    );
    expect((await db.accessTokens.get('HGyh7rNHblsrd-gXMY2gQQ'))?.expires_at).toBe(
      '2026-11-21T17:07:26.000Z',
    );
  });

  it.each([
    ['a part that is no section', (file: File) => void ((file as Record<string, unknown>)['tokens'] = [])],
    ['an entry that is none', (file: File) => void ((file['tokens'] as Record<string, unknown>)['x'] = 'y')],
    ['no time', (file: File) => void ((file as Record<string, unknown>)['timestamp'] = 'today')],
  ])('is refused with %s', async (_name, change) => {
    const db = await empty('memory', soonAfter);
    await expect(restore(db, changed(change))).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
    expect((await contents(db)).lines).toEqual([]);
  });

  it('passes over what holds no record, and says so', async () => {
    const path = changed((file) => void (file['tokens']!['x'] = { value: 'garbage', ttl: 60 }));
    const { stored, backup: file } = await restore(await empty('memory', soonAfter), path);
    expect([stored, file.skipped]).toEqual([10, { ended: 0, unreadable: 1 }]);
  });

  it('is written so that its own scripts restore it: ASCII, full keys of sessions, ends that are none of its faults', async () => {
    const db = await empty('memory', { ...soonAfter, handles: 'plain' });
    await restore(db, genuine);
    await db.sessions.store('sé\u{1f600}', { username: 'ü', expires_at: new Date(takenAt + 60_000) });
    await db.sessions.store('ending', { username: 'ü', expires_at: new Date(takenAt + 1_400) });
    await db.refreshTokens.rotate(refresh, () => ({ refreshToken: { token: 'next' } }));
    const path = join(directory(), 'oauth-backup.json');
    const made = await backup(db, path, { format: 'gateway', ...soonAfter });
    const text = readFileSync(path, 'utf8');
    const kinds: Partial<Record<ExportedKind, number>> = made.counts;
    // eslint-disable-next-line no-control-regex
    expect(text).toMatch(/^[\x00-\x7e]*$/);
    const file = JSON.parse(text) as File & { metadata: unknown; timestamp: string };
    expect(file.metadata).toEqual({
      total_registrations: 3,
      total_tokens: 2,
      total_refresh_tokens: 2,
      total_sessions: 2,
    });
    expect(kinds).toMatchObject({ client: 3, token: 2, refresh: 2, session: 2 });
    expect(Object.keys(file['sessions']!)).toEqual([
      'redis:session:abc123:state',
      'redis:session:sé\u{1f600}',
    ]);
    expect(Object.keys(file['refresh_tokens']!)).not.toContain(refresh);
    expect(JSON.parse(file['user_tokens']!['octocat']!.value)).toHaveLength(2);
    for (const section of ['registrations', 'tokens', 'refresh_tokens', 'states', 'codes', 'sessions']) {
      for (const { type, ttl, expires_at_ms: end } of Object.values(file[section]!)) {
        expect(type).toBe('string');
        expect(ttl).toBe(Math.floor((end! - takenAt - 1000) / 1000));
        expect(ttl).toBeGreaterThan(0);
      }
    }
    // Its own program reads arrays as JSON within the JSON.
    const stored = JSON.parse(file['registrations']![client]!.value) as { redirect_uris: string };
    expect(JSON.parse(stored.redirect_uris)).toEqual(['http://localhost:8080/callback']);
    const again = await empty('memory', { ...soonAfter, handles: 'plain' });
    await restore(again, path);
    const left = (await contents(db)).lines.filter((line) => !/rotated_at|"id":"ending"/.test(line));
    expect((await contents(again)).lines).toEqual(left);
    writeFileSync(path, text.replace('"ttl": 59', '"ttl": 58'));
    await expect(verify(path)).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  });

  it('cannot be made of handles that are hashed, nor encrypted', async () => {
    const db = await empty('memory', soonAfter);
    await restore(db, genuine);
    const path = join(directory(), 'oauth-backup.json');
    const format = 'gateway' as const;
    await expect(backup(db, path, { format })).rejects.toMatchObject({ code: 'OAUTHDB_UNSUPPORTED' });
    expect((await backup(db, path, { format, kinds: ['client', 'token'] })).records).toBe(5);
    await expect(backup(db, path, { format, passphrase: 'a long passphrase' })).rejects.toThrow(TypeError);
    await expect(verify(path, { passphrase: 'a long passphrase' })).rejects.toMatchObject({
      code: 'OAUTHDB_INTEGRITY',
    });
    expect(exportedKinds).toHaveLength(7);
  });
});
