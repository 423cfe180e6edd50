import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { OAuthDatabaseError } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { oauthClientProvider, type OAuthClientProviderOptions } from '../src/index.ts';
import { backends, inMemory, type Open } from './backends.ts';
import { stopping } from './stopping.ts';
import { TokenServer, type Rotation } from './token-server.ts';

const serverUrl = 'https://mcp.example/mcp';
const lockKey = `mcp:refreshing::${serverUrl}`;

type Provider = ReturnType<typeof oauthClientProvider>;

/** One process after another, each with a database object of its own, on a clock that is moved by hand. */
function world(rotation: Rotation, makeStore: () => Open = inMemory) {
  const [server, open] = [new TokenServer(rotation), makeStore()];
  let now = Date.now();
  const options = { now: () => now };
  const process = (
    db: OAuthDatabase = open(options),
    more: Partial<OAuthClientProviderOptions> = {},
  ): Provider =>
    oauthClientProvider(db, {
      serverUrl,
      clientMetadata: { redirect_uris: [] },
      fetch: server.fetch,
      now: () => now,
      // Whoever waits does so until the lease is over.
      wait: async () => void (now += 30_000),
      ...more,
    });
  return { server, process, open: () => open(options), pass: (ms: number) => (now += ms) };
}

/** What the SDK does with tokens that have ended. */
async function refresh(provider: Provider, presented = 'r0'): Promise<OAuthTokens | 'refused'> {
  const response = await provider.fetch(...TokenServer.request(presented));
  if (!response.ok) {
    await provider.invalidateCredentials('tokens');
    return 'refused';
  }
  const tokens = (await response.json()) as OAuthTokens;
  // Where the server says nothing of the refresh token, the SDK goes on with the one it has.
  await provider.saveTokens({ refresh_token: presented, ...tokens });
  return tokens;
}

async function afterReading<T>(provider: Provider, work: (provider: Provider) => Promise<T>): Promise<T> {
  await provider.tokens();
  return work(provider);
}

interface Schedule<T> {
  readonly rotation: Rotation;
  /** What another process does while the one that refreshes is stopped. */
  readonly rival: (provider: Provider) => Promise<T>;
  readonly holds: (all: {
    readonly server: TokenServer;
    readonly answer: OAuthTokens | 'refused';
    readonly rivals: T;
    /** What is stored when the rival has ended, and when all have. */
    readonly between: OAuthTokens | undefined;
    readonly stored: OAuthTokens | undefined;
  }) => void;
}

/** Stops a refresh before each call to its database, lets the rival run to its end, and then the refresh. */
async function everySchedule<T>({ rotation, rival, holds }: Schedule<T>): Promise<number> {
  // It has read them before anything else.
  for (let stop = 1; ; stop++) {
    expect(stop).toBeLessThan(30);
    const { server, process, open } = world(rotation);
    const mine = stopping(open(), stop);
    await process().saveTokens(TokenServer.first);
    const [provider, theirs] = [process(mine.db), process()];
    await theirs.tokens();
    const answering = afterReading(provider, refresh);
    const ended = await Promise.race([mine.reached, answering.then(() => 'ended')]);
    const rivals = await rival(theirs);
    const between = await process().tokens();
    mine.go();
    const answer = await answering;
    holds({ server, answer, rivals, between, stored: await process().tokens() });
    expect(await open().getToken(lockKey)).toBeNull();
    if (ended === 'ended') return stop;
  }
}

describe('a refresh that is stopped before each of its calls', () => {
  it.each(['none', 'lenient'] as const)(
    'and overtaken when its lease is over leaves the newer tokens, and both go on with them (rotation: %s)',
    async (rotation) => {
      let twice = 0;
      const calls = await everySchedule({
        rotation,
        rival: (provider) => refresh(provider),
        holds: ({ server, answer, rivals, between, stored }) => {
          expect(server.takes(stored?.refresh_token)).toBe(true);
          expect(stored).toEqual(between);
          for (const given of [answer, rivals])
            expect(given).toMatchObject({ access_token: stored?.access_token });
          twice += server.presented.length - 1;
        },
      });
      // It reads, takes the lock, reads, stores and releases; and it was overtaken indeed.
      expect(calls).toBe(5);
      expect(twice).toBeGreaterThan(0);
    },
  );

  it('and overtaken, where a server takes no token twice, ends the grant at the worst, and loses nothing else', async () => {
    await everySchedule({
      rotation: 'strict',
      rival: (provider) => refresh(provider),
      holds: ({ server, answer, rivals, stored }) => {
        if (server.presented.length > 1) return;
        expect(server.takes(stored?.refresh_token)).toBe(true);
        for (const given of [answer, rivals]) expect(given).toMatchObject({ access_token: 'a1' });
      },
    });
  });

  it.each(['all', 'tokens'] as const)(
    'brings nobody back who has logged out meanwhile: %s',
    async (scope) => {
      await everySchedule({
        rotation: 'lenient',
        rival: (provider) => afterReading(provider, async () => provider.invalidateCredentials(scope)),
        holds: ({ between, stored }) => expect([between, stored]).toEqual([undefined, undefined]),
      });
    },
  );

  it('leaves what a user has authorized meanwhile', async () => {
    await everySchedule({
      rotation: 'lenient',
      rival: async (provider) =>
        provider.saveTokens({ ...TokenServer.first, access_token: 'new', refresh_token: 'new' }),
      holds: ({ stored }) => expect(stored).toMatchObject({ access_token: 'new', refresh_token: 'new' }),
    });
  });

  it('does not leave a refresh token that it has used up', async () => {
    await everySchedule({
      rotation: 'strict',
      // As a server answers that has not replaced the refresh token yet.
      rival: async (provider) => {
        const tokens = await provider.tokens();
        if (tokens?.refresh_token === 'r0') await provider.saveTokens({ ...tokens, access_token: 'theirs' });
      },
      holds: ({ server, stored }) => expect(server.takes(stored?.refresh_token)).toBe(true),
    });
  });

  it('takes tokens that were only saved again for the same', async () => {
    await everySchedule({
      rotation: 'lenient',
      rival: async (provider) => {
        const same = await provider.tokens();
        if (same !== undefined) await provider.saveTokens(same);
      },
      holds: ({ answer, stored }) => expect(stored).toMatchObject({ ...(answer as OAuthTokens) }),
    });
  });
});

describe.each(backends)('the lock, on %s', (_, makeStore) => {
  it('has all but one wait, and is gone when that one is done', async () => {
    const { server, process, open } = world('strict', makeStore);
    await process().saveTokens(TokenServer.first);
    const gate = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    const slow: Provider['fetch'] = async (...request) => {
      await gate.promise;
      return server.fetch(...request);
    };
    let waited = 0;
    const wait = (): Promise<void> => {
      if (++waited === 20) waiting.resolve();
      return new Promise((resolve) => void setTimeout(resolve, 5));
    };
    const providers = Array.from({ length: 5 }, () => process(open(), { fetch: slow, wait }));
    const refreshing = providers.map((provider) => afterReading(provider, refresh));
    await waiting.promise;
    expect(await open().getToken(lockKey)).toMatch(/^[0-9a-f-]{36}$/);
    gate.resolve();
    const answers = await Promise.all(refreshing);
    expect(new Set(answers.map((answer) => (answer as OAuthTokens).access_token))).toEqual(new Set(['a1']));
    expect(server.presented).toEqual(['r0']);
    expect(await open().getToken(lockKey)).toBeNull();
  });

  it('of a process that died ends with its lease, and another one refreshes', async () => {
    const { server, process, open, pass } = world('strict', makeStore);
    const polled = Promise.withResolvers<void>();
    const wait = (): Promise<void> => {
      polled.resolve();
      return new Promise((resolve) => void setTimeout(resolve, 5));
    };
    const provider = process(open(), { wait });
    await provider.saveTokens(TokenServer.first);
    await open().replaceToken(lockKey, null, 'dead', new Date(Date.now() + 300));
    const refreshing = refresh(provider);
    await polled.promise;
    expect(server.presented).toEqual([]);
    // Redis has a clock of its own, and takes its time.
    pass(10_000);
    expect(await refreshing).toMatchObject({ access_token: 'a1' });
    expect(server.presented).toEqual(['r0']);
  });

  it('is not taken from whoever has it by one whose lease is over', async () => {
    const { server, process, open, pass } = world('lenient', makeStore);
    const hold = Promise.withResolvers<void>();
    const sent = Promise.withResolvers<void>();
    const slow: Provider['fetch'] = async (...request) => {
      const answer = await server.fetch(...request);
      sent.resolve();
      await hold.promise;
      return answer;
    };
    await process().saveTokens(TokenServer.first);
    const refreshing = refresh(process(open(), { fetch: slow, refreshLease: 50 }));
    await sent.promise;
    pass(50);
    await expect.poll(() => open().replaceToken(lockKey, null, 'next')).toBe(true);
    hold.resolve();
    await refreshing;
    expect(await open().getToken(lockKey)).toBe('next');
  });
});

describe('a refresh', () => {
  it('is done once where the refresh token stays valid, by whoever comes later, too', async () => {
    const { server, process } = world('none');
    const [first, second] = [process(), process()];
    await first.saveTokens(TokenServer.first);
    for (const provider of [first, second]) await provider.tokens();
    expect([await refresh(first), await refresh(second)]).toMatchObject([
      { access_token: 'a1' },
      { access_token: 'a1' },
    ]);
    expect(server.presented).toEqual(['r0']);
    await second.tokens();
    expect(await refresh(second)).toMatchObject({ access_token: 'a2' });
  });

  it('that a server refuses is answered by what another process got instead', async () => {
    const { server, process } = world('strict');
    const other = process();
    await other.saveTokens(TokenServer.first);
    const provider = process(undefined, {
      fetch: async (...request) => {
        // The lease is over while the request is on its way.
        const answer = await server.fetch(...TokenServer.request('r0'));
        await other.saveTokens((await answer.json()) as OAuthTokens);
        return server.fetch(...request);
      },
    });
    await provider.tokens();
    expect(await refresh(provider)).toMatchObject({ access_token: 'a1', refresh_token: 'r1' });
    expect(await other.tokens()).toMatchObject({ access_token: 'a1', refresh_token: 'r1' });
  });

  it('whose answer could not be stored is not asked for again', async () => {
    const { server, process, open } = world('strict');
    const db = open();
    let failures = 0;
    const failing = new Proxy(db, {
      get(target, name) {
        const member = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        if (name !== 'replaceToken') return typeof member === 'function' ? member.bind(target) : member;
        return async (key: string, ...rest: unknown[]) => {
          if (key !== lockKey && failures-- > 0)
            throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'nobody is there', { outcome: 'unknown' });
          return member.call(target, key, ...rest);
        };
      },
    });
    await process().saveTokens({ ...TokenServer.first, issuer: 'https://as.example' });
    failures = 2;
    for (let i = 0; i < 2; i++) {
      const failed = await process(failing).fetch(...TokenServer.request('r0'));
      expect(failed.status).toBe(503);
      expect(await failed.json()).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'The tokens were not refreshed: OAUTHDB_UNAVAILABLE: nobody is there',
      });
    }
    expect(await process().tokens()).toMatchObject({ refresh_token: 'r0' });
    const { issuer: _stamped, ...answer } = (await refresh(process(failing))) as OAuthTokens;
    expect(answer).toEqual({ access_token: 'a1', token_type: 'Bearer', refresh_token: 'r1' });
    expect(await process().tokens()).toEqual({ ...answer, issuer: 'https://as.example' });
    expect(server.presented).toEqual(['r0']);
  });

  it('whose answer is none that the SDK understands is passed on as it is', async () => {
    const { process, open } = world('strict');
    await process().saveTokens(TokenServer.first);
    for (const text of ['access_token=a1', '<html>', '{"access_token":1}', '']) {
      const provider = process(open(), { fetch: async () => new Response(text) });
      expect(await (await provider.fetch(...TokenServer.request('r0'))).text()).toBe(text);
      expect(await process().tokens()).toEqual(TokenServer.first);
    }
  });

  it('says where tokens are from that were saved without it, and that only', async () => {
    const { process } = world('strict');
    const [provider, issuer] = [process(), 'https://as.example'];
    await provider.saveTokens(TokenServer.first);
    const response = await provider.fetch(...TokenServer.request('r0'));
    const tokens = (await response.json()) as OAuthTokens;
    await provider.saveTokens({ ...tokens, issuer });
    expect(await provider.tokens()).toEqual({ ...tokens, issuer });
    // The same tokens, when a user authorizes and is given them again.
    await provider.invalidateCredentials('all');
    await provider.saveTokens({ ...tokens, issuer });
    expect(await provider.tokens()).toEqual({ ...tokens, issuer });
  });
});
