import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AccessToken, OAuthDb } from '../src/index.ts';
import { subjects } from './subjects.ts';

// What the test suites of ATXP do to their databases, done to ours.

const user = 'bdj';
const url = 'https://example.com/mcp';
const token = { accessToken: 'oldAccessToken', refreshToken: 'oldRefreshToken', resourceUrl: url };
const credentials = {
  clientId: 'test-client-id',
  clientSecret: 'test-client-secret',
  redirectUri: 'https://example.com/callback',
};
const pkce = { codeVerifier: 'v', codeChallenge: 'c', resourceUrl: url, url };

describe.each(subjects)('%s', (subject, open) => {
  it('works while every timer is a fake one, and follows the clock that is set', async () => {
    // node-redis sends nothing without this one.
    const toNotFake = subject.includes('node-redis') ? (['setImmediate'] as const) : [];
    vi.useFakeTimers({ toNotFake: ['nextTick', 'queueMicrotask', ...toNotFake] });
    onTestFinished(() => void vi.useRealTimers());
    // The one that servers go by cannot be moved, and is not far away.
    const began = Math.floor(Date.now() / 1000);
    const db = open();
    await db.saveClientCredentials('https://as', credentials);
    await db.savePKCEValues(user, 'state', pkce);
    const plain = { accessToken: 'a', resourceUrl: url };
    await db.saveAccessToken(user, url, { ...plain, expiresAt: began + 3600 });
    vi.setSystemTime((began + 3599) * 1000);
    expect(await db.getAccessToken(user, url)).toEqual({ ...plain, expiresAt: began + 3600 });
    vi.setSystemTime((began + 3600) * 1000);
    expect(await db.getAccessToken(user, url)).toBeNull();
    expect(await db.getClientCredentials('https://as')).toEqual(credentials);

    // A suite may also go back, or to another year.
    vi.setSystemTime(new Date('2027-01-01T00:00:00Z'));
    const expiresAt = Date.parse('2027-01-01T01:00:00Z') / 1000;
    await db.saveAccessToken(user, url, { ...plain, expiresAt });
    await vi.advanceTimersByTimeAsync(3_599_000);
    expect(await db.getAccessToken(user, url)).toEqual({ ...plain, expiresAt });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await db.getAccessToken(user, url)).toBeNull();
    await db.close();
  });

  it('does not see what is done to objects that it gave or was given', async () => {
    const db = open();
    const values = { token: { ...token }, credentials: { ...credentials }, pkce: { ...pkce } };
    await db.saveAccessToken(user, url, values.token);
    await db.saveClientCredentials('https://as', values.credentials);
    await db.savePKCEValues(user, 'state', values.pkce);
    const read = async (): Promise<readonly object[]> => {
      const found = await Promise.all([
        db.getAccessToken(user, url),
        db.getClientCredentials('https://as'),
        db.getPKCEValues(user, 'state'),
      ]);
      return found.map((one) => one ?? {});
    };
    for (const object of [...Object.values(values), ...(await read())]) {
      for (const name of Object.keys(object)) Reflect.set(object, name, 'changed');
      Reflect.set(object, 'added', true);
    }
    expect(await read()).toEqual([token, credentials, pkce]);
    for (const object of await read()) {
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.isFrozen(object)).toBe(false);
    }
  });

  it('answers in the order of the program, of which nothing is awaited', async () => {
    const db: OAuthDb = open();
    const answers: Promise<unknown>[] = [];
    const ask = (call: Promise<unknown>): void => void answers.push(call);
    const next = (n: number): AccessToken => ({ ...token, accessToken: `${n}` });
    ask(db.getAccessToken(user, url));
    for (const n of [1, 2, 3]) {
      void db.saveAccessToken(user, url, next(n));
      void db.saveClientCredentials('https://as', { ...credentials, clientId: `${n}` });
      void db.savePKCEValues(user, 'state', { ...pkce, codeVerifier: `${n}` });
      ask(db.getAccessToken(user, url));
      ask(db.getClientCredentials('https://as'));
      ask(db.getPKCEValues(user, 'state'));
    }
    const expected = [1, 2, 3].flatMap((n) => [
      next(n),
      { ...credentials, clientId: `${n}` },
      { ...pkce, codeVerifier: `${n}` },
    ]);
    expect(await Promise.all(answers)).toEqual([null, ...expected]);
  });

  it('has what was saved concurrently, each under its own name', async () => {
    const db = open();
    const names = Array.from({ length: 50 }, (_empty, i) => `${url}/${i}`);
    await Promise.all(names.map((name) => db.saveAccessToken(user, name, { ...token, accessToken: name })));
    const found = await Promise.all(names.map((name) => db.getAccessToken(user, name)));
    expect(found.map((one) => one?.accessToken)).toEqual(names);
  });

  it('gives null, and no member that is undefined', async () => {
    const db = open();
    expect(await db.getAccessToken(user, url)).toBe(null);
    await db.saveAccessToken(user, url, { accessToken: 'a', resourceUrl: url });
    expect(await db.getAccessToken(user, url)).toStrictEqual({ accessToken: 'a', resourceUrl: url });
    await db.saveClientCredentials('https://as', { ...credentials, clientSecret: '' });
    expect(await db.getClientCredentials('https://as')).toStrictEqual({ ...credentials, clientSecret: '' });
  });
});
