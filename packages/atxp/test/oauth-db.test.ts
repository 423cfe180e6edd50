import { describe, expect, it } from 'vitest';
import type { AccessToken } from '../src/index.ts';
import { subjects } from './subjects.ts';

const credentials = { clientId: 'cid', clientSecret: 'sec', redirectUri: 'http://localhost/cb' };
const pkce = { codeVerifier: 'v', codeChallenge: 'c', resourceUrl: 'https://h/mcp', url: 'https://h/mcp' };
const user = 'solana:7xKX';
const url = 'https://mcp.example.com/a/b/mcp';
const resourceUrl = 'https://mcp.example.com/mcp';
const HOUR = 3600;

describe.each(subjects)('%s', (_, open) => {
  /** A database whose clock the test moves. */
  function timed(options: Parameters<typeof open>[0] = {}) {
    const clock = { now: Date.now() };
    const seconds = (): number => Math.floor(clock.now / 1000);
    return { clock, seconds, db: open({ ...options, now: () => clock.now }) };
  }

  it('gives null for what is not there', async () => {
    const db = open();
    expect(await db.getClientCredentials('https://as')).toBeNull();
    expect(await db.getPKCEValues(user, 's')).toBeNull();
    expect(await db.getAccessToken(user, url)).toBeNull();
  });

  it('gives back what was saved, and the last of several', async () => {
    const { db, seconds } = timed();
    const token = { accessToken: 'a', refreshToken: 'r', expiresAt: seconds() + HOUR, resourceUrl };
    for (const n of ['1', '2']) {
      await db.saveClientCredentials('https://as', { ...credentials, clientId: n });
      await db.savePKCEValues(user, 's', { ...pkce, codeVerifier: n });
      await db.saveAccessToken(user, url, { ...token, accessToken: n });
    }
    expect(await db.getClientCredentials('https://as')).toEqual({ ...credentials, clientId: '2' });
    expect(await db.getPKCEValues(user, 's')).toEqual({ ...pkce, codeVerifier: '2' });
    expect(await db.getPKCEValues(user, 's')).toEqual({ ...pkce, codeVerifier: '2' });
    expect(await db.getAccessToken(user, url)).toEqual({ ...token, accessToken: '2' });
  });

  it('has no refresh token and no expiry where none was saved, an empty secret and an empty URL', async () => {
    const db = open();
    await db.saveClientCredentials('https://as', { ...credentials, clientSecret: '' });
    await db.saveAccessToken(user, '', { accessToken: 'a', resourceUrl: '' });
    expect(await db.getClientCredentials('https://as')).toEqual({ ...credentials, clientSecret: '' });
    const token = await db.getAccessToken(user, '');
    expect(token).toEqual({ accessToken: 'a', resourceUrl: '' });
    expect(token?.refreshToken).toBeUndefined();
    expect(token?.expiresAt).toBeUndefined();
  });

  it.each([
    ['seconds', 1],
    ['milliseconds', 1000],
  ])('understands an expiry in %s, and gives it back as it was', async (_unit, factor) => {
    const { db, clock, seconds } = timed();
    const token = { accessToken: 'a', expiresAt: (seconds() + HOUR) * factor, resourceUrl };
    await db.saveAccessToken(user, url, token);
    clock.now += (HOUR - 1) * 1000;
    expect(await db.getAccessToken(user, url)).toEqual(token);
    clock.now += 1000;
    expect(await db.getAccessToken(user, url)).toBeNull();
  });

  it('does not give what had expired when it was saved', async () => {
    const { db, seconds } = timed();
    await db.saveAccessToken(user, url, { accessToken: 'a', expiresAt: seconds() - 60, resourceUrl });
    await db.saveAccessToken(user, '', { accessToken: 'a', expiresAt: 0, resourceUrl });
    expect(await db.getAccessToken(user, url)).toBeNull();
    expect(await db.getAccessToken(user, '')).toBeNull();
  });

  it('keeps a fraction of a second, and refuses a time that is none', async () => {
    const { db, seconds } = timed();
    const token = { accessToken: 'a', expiresAt: seconds() + 60.5, resourceUrl };
    await db.saveAccessToken(user, url, token);
    expect(await db.getAccessToken(user, url)).toEqual(token);
    for (const expiresAt of [Number.NaN, Infinity, '7' as unknown as number]) {
      await expect(db.saveAccessToken(user, url, { ...token, expiresAt })).rejects.toThrow(TypeError);
    }
  });

  describe('a refresh token', () => {
    it('outlives its access token: the client gets both, for as long as a refresh may take', async () => {
      const { db, clock, seconds } = timed({ refreshWindow: 60 });
      const token = { accessToken: 'a', refreshToken: 'r', expiresAt: seconds() + HOUR, resourceUrl };
      await db.saveAccessToken(user, url, token);
      clock.now += 5 * 86_400_000;
      expect(await db.getAccessToken(user, url)).toEqual(token);
      clock.now += 59_000;
      expect(await db.getAccessToken(user, url)).toEqual(token);
      clock.now += 1000; // the refresh failed: the client has to ask for authorization
      expect(await db.getAccessToken(user, url)).toBeNull();
      const refreshed = { ...token, accessToken: 'b', expiresAt: seconds() + HOUR };
      await db.saveAccessToken(user, url, refreshed);
      expect(await db.getAccessToken(user, url)).toEqual(refreshed);
    });

    it('is given up in the end', async () => {
      const { db, clock, seconds } = timed({ refreshTtl: 100 });
      const token = { accessToken: 'a', refreshToken: 'r', expiresAt: seconds() + 10, resourceUrl };
      await db.saveAccessToken(user, url, token);
      clock.now += 109_000;
      expect(await db.getAccessToken(user, url)).toEqual(token);
      clock.now += 2000;
      expect(await db.getAccessToken(user, url)).toBeNull();
    });

    it('ends with its access token where that is asked for', async () => {
      const { db, clock, seconds } = timed({ refreshWindow: 0 });
      await db.saveAccessToken(user, url, {
        accessToken: 'a',
        refreshToken: 'r',
        expiresAt: seconds() + 10,
        resourceUrl,
      });
      clock.now += 11_000;
      expect(await db.getAccessToken(user, url)).toBeNull();
    });

    it('stays when an answer brings none, until one does', async () => {
      const { db, clock, seconds } = timed();
      const token = (): AccessToken => ({ accessToken: 'a', expiresAt: seconds() + HOUR, resourceUrl });
      await db.saveAccessToken(user, url, { ...token(), refreshToken: 'r' });
      for (let i = 0; i < 3; i++) {
        clock.now += (HOUR + 1) * 1000;
        const next = token();
        await db.saveAccessToken(user, url, next);
        expect(await db.getAccessToken(user, url)).toEqual({ ...next, refreshToken: 'r' });
      }
      const next = { ...token(), refreshToken: 'r2' };
      await db.saveAccessToken(user, url, next);
      expect(await db.getAccessToken(user, url)).toEqual(next);
    });

    it('comes along from a URL above, where the client found it', async () => {
      const { db, clock, seconds } = timed();
      const above = 'https://mcp.example.com/a';
      const token = { accessToken: 'a', refreshToken: 'r', expiresAt: seconds() + HOUR, resourceUrl };
      await db.saveAccessToken(user, above, token);
      clock.now += (HOUR + 1) * 1000;
      const refreshed = { accessToken: 'b', expiresAt: seconds() + HOUR, resourceUrl };
      await db.saveAccessToken(user, url, refreshed);
      expect(await db.getAccessToken(user, url)).toEqual({ ...refreshed, refreshToken: 'r' });
      expect(await db.getAccessToken(user, above)).toEqual(token);
    });

    it('does not go over to another resource, user or URL', async () => {
      const { db, clock, seconds } = timed();
      const expiresAt = seconds() + HOUR;
      await db.saveAccessToken(user, url, { accessToken: 'a', refreshToken: 'r', expiresAt, resourceUrl });
      const plain = { accessToken: 'b', expiresAt, resourceUrl };
      await db.saveAccessToken('another', url, plain);
      expect(await db.getAccessToken('another', url)).toEqual(plain);
      await db.saveAccessToken(user, 'https://mcp.example.com/a', plain);
      expect(await db.getAccessToken(user, 'https://mcp.example.com/a')).toEqual(plain);
      const other = { ...plain, resourceUrl: 'https://other/mcp' };
      await db.saveAccessToken(user, url, other);
      expect(await db.getAccessToken(user, url)).toEqual(other);
      clock.now += (HOUR + 1) * 1000;
      expect(await db.getAccessToken(user, url)).toBeNull();
    });

    it('ends with a new authorization', async () => {
      const { db, clock, seconds } = timed();
      const token = { accessToken: 'a', refreshToken: 'r', expiresAt: seconds() + HOUR, resourceUrl };
      await db.saveAccessToken(user, url, token);
      await db.savePKCEValues(user, 's', { ...pkce, url });
      await db.getPKCEValues(user, 's');
      const next = { accessToken: 'b', expiresAt: seconds() + HOUR, resourceUrl };
      await db.saveAccessToken(user, url, next);
      expect(await db.getAccessToken(user, url)).toEqual(next);
      clock.now += (HOUR + 1) * 1000;
      expect(await db.getAccessToken(user, url)).toBeNull();
    });
  });

  it('gives PKCE values to one caller, where it is told to', async () => {
    const db = open({ singleUsePkce: true });
    await db.savePKCEValues(user, 's', pkce);
    const got = await Promise.all(Array.from({ length: 20 }, () => db.getPKCEValues(user, 's')));
    expect(got.filter((one) => one !== null)).toEqual([pkce]);
  });

  it('mixes nothing up, however the parts are cut', async () => {
    const db = open();
    const cuts = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['a%3Ab', 'c'],
      ['a', ''],
      ['a:', ''],
      ['', 'a'],
      ['a', 'https://h/x'],
      ['a:https', '//h/x'],
      ['a:https://h/x', ''],
      ['a', 'https://h/x:'],
      ['__proto__', 'constructor'],
      ['x', 'a\0\n*?{é}'],
    ] as const;
    for (const [i, [a, b]] of cuts.entries()) {
      await db.savePKCEValues(a, b, { ...pkce, codeVerifier: `${i}` });
      await db.saveAccessToken(a, b, { accessToken: `${i}`, resourceUrl });
    }
    for (const [i, [a, b]] of cuts.entries()) {
      expect(await db.getPKCEValues(a, b)).toEqual({ ...pkce, codeVerifier: `${i}` });
      expect(await db.getAccessToken(a, b)).toEqual({ accessToken: `${i}`, resourceUrl });
    }
  });

  it('refuses what it cannot store under its name', async () => {
    const db = open();
    await expect(db.getAccessToken('\ud800', url)).rejects.toThrow(TypeError);
    await expect(db.getAccessToken(undefined as unknown as string, url)).rejects.toThrow(TypeError);
    await expect(db.saveAccessToken(user, url, {} as AccessToken)).rejects.toThrow(
      /accessToken must be a string/,
    );
    await expect(db.savePKCEValues(user, 's', { ...pkce, url: undefined as never })).rejects.toThrow(
      TypeError,
    );
    await expect(db.saveClientCredentials('s', null as never)).rejects.toThrow(TypeError);
  });

  it('takes copies, and gives copies', async () => {
    const db = open();
    const token = { accessToken: 'a', resourceUrl };
    void db.saveAccessToken(user, url, { ...token, accessToken: 'before' });
    const saving = db.saveAccessToken(user, url, token);
    token.accessToken = 'changed';
    await saving;
    const got = await db.getAccessToken(user, url);
    Object.assign(got ?? {}, { accessToken: 'changed' });
    expect(await db.getAccessToken(user, url)).toEqual({ accessToken: 'a', resourceUrl });
    const mine = { ...credentials };
    const [, found] = await Promise.all([
      db.saveClientCredentials('s', mine),
      db.getClientCredentials('s'),
      Promise.resolve().then(() => (mine.clientId = 'changed')),
    ]);
    expect(found).toEqual(credentials);
  });

  it('keeps the order of the program, awaited or not', async () => {
    const db = open();
    const seen: Promise<AccessToken | null>[] = [];
    for (let i = 0; i < 50; i++) {
      void db.saveAccessToken(user, url, { accessToken: `${i}`, resourceUrl });
      seen.push(db.getAccessToken(user, url), db.getAccessToken(user, url));
    }
    const tokens = (await Promise.all(seen)).map((one) => one?.accessToken);
    expect(tokens).toEqual(Array.from({ length: 100 }, (_empty, i) => `${Math.floor(i / 2)}`));
  });

  it('waits for what is under way when it is closed, which may happen twice', async () => {
    const db = open();
    const saving = db.saveAccessToken(user, url, { accessToken: 'a', resourceUrl });
    await Promise.all([db.close(), db.close()]);
    await saving;
    await db.close();
  });
});

describe.each(subjects.filter(([name]) => name !== 'MemoryOAuthDb'))('%s', (_, open) => {
  it('is closed once it is closed', async () => {
    const db = open();
    await db.close();
    await expect(db.getAccessToken(user, url)).rejects.toMatchObject({
      name: 'OAuthDatabaseError',
      code: 'OAUTHDB_CLOSED',
    });
  });
});

describe.each(subjects.filter(([name]) => !name.includes('Redis')))('%s', (_, open) => {
  it('forgets PKCE values after ten minutes', async () => {
    let now = Date.now();
    const db = open({ now: () => now });
    await db.savePKCEValues(user, 's', pkce);
    now += 599_000;
    expect(await db.getPKCEValues(user, 's')).toEqual(pkce);
    now += 1000;
    expect(await db.getPKCEValues(user, 's')).toBeNull();
  });
});

describe.each(subjects.filter(([name]) => /atxpOAuthDb on (memory|SQLite)/.test(name)))('%s', (_, open) => {
  it('ends a token that does not say when after a day, and refreshes it every time', async () => {
    let now = Date.now();
    const db = open({ now: () => now });
    await db.saveAccessToken(user, '', { accessToken: 'a', resourceUrl: '' });
    for (const accessToken of ['1', '2', '3']) {
      const token = { accessToken, refreshToken: 'r', resourceUrl };
      await db.saveAccessToken(user, url, token);
      now += 86_399_000;
      expect(await db.getAccessToken(user, url)).toEqual(token);
      now += 1000;
      expect(await db.getAccessToken(user, '')).toBeNull();
      expect(await db.getAccessToken(user, url)).toEqual(token);
      now += 301_000;
      expect(await db.getAccessToken(user, url)).toBeNull();
    }
  });
});
