import {
  ConsoleLogger,
  LogLevel,
  MemoryOAuthDb as TheirMemoryOAuthDb,
  type AccessToken,
  type OAuthDb,
} from '@atxp/common';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { subjects } from './subjects.ts';

const logger = new ConsoleLogger({ level: LogLevel.ERROR });

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A run of calls, none of which the two are meant to answer differently: no token expires that has a refresh token. */
function calls(seed: number): ((db: OAuthDb) => Promise<unknown>)[] {
  const next = random(seed);
  const users = ['atxp:alice', 'solana:7xKX', 'test-user'];
  const urls = ['', 'https://h/a/b/mcp', 'https://h/a', 'https://h/'];
  return Array.from({ length: 60 }, (_, i) => {
    const user = users[next(users.length)] as string;
    const which = next(urls.length);
    const url = urls[which] as string;
    const state = `state-${next(3)}`;
    const text = `${i}`;
    // Odd, so that no expiry is the very moment of a call.
    const expiresAt = Date.now() + next(200) * 1000 + 501;
    const withRefresh: AccessToken = { accessToken: text, refreshToken: `r${i}`, resourceUrl: url };
    const without: AccessToken = { accessToken: text, expiresAt, resourceUrl: url };
    switch (next(7)) {
      case 0:
        return (db) => db.saveClientCredentials(url, { clientId: text, clientSecret: '', redirectUri: user });
      case 1:
        return (db) => db.getClientCredentials(url);
      case 2:
        return (db) =>
          db.savePKCEValues(user, state, {
            codeVerifier: text,
            codeChallenge: 'c',
            resourceUrl: url,
            url: '-',
          });
      case 3:
        return (db) => db.getPKCEValues(user, state);
      case 4:
        // Two of the URLs have refresh tokens and two have none.
        return (db) => db.saveAccessToken(user, url, which < 2 ? withRefresh : without);
      default:
        return (db) => db.getAccessToken(user, url);
    }
  });
}

describe.each(subjects)("%s beside ATXP's own MemoryOAuthDb", (_, open) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
  });

  it.each(Array.from({ length: 8 }, (_empty, i) => i + 1))('answers the same: run %i', async (seed) => {
    vi.setSystemTime(Math.floor(Date.now() / 1000) * 1000);
    const ours = open();
    const theirs = new TheirMemoryOAuthDb({ logger });
    for (const [i, call] of calls(seed).entries()) {
      const [mine, original] = [await call(ours), await call(theirs)];
      expect([i, mine]).toEqual([i, original]);
      vi.setSystemTime(Date.now() + 5000);
    }
  });
});
