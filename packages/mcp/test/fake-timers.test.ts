import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OAuthDatabaseProvider, oauthClientProvider } from '../src/index.ts';
import { backends } from './backends.ts';
import { TokenServer } from './token-server.ts';

const serverUrl = 'https://mcp.example/mcp';
const client = { client_id: 'client', redirect_uris: ['https://app.example/callback'] };
const params = { redirectUri: 'https://app.example/callback', codeChallenge: 'challenge' };

class Server extends OAuthDatabaseProvider {
  async authorize(): Promise<void> {}
}

/** node-redis sends commands by `setImmediate`: it is mute where that is replaced. */
function freeze(backend: string): void {
  vi.useFakeTimers(backend.includes('node-redis') ? { toNotFake: ['setImmediate'] } : undefined);
  onTestFinished(() => void vi.useRealTimers());
}

describe.each(backends)('a test that replaces the clock and all timers, on %s', (backend, makeStore) => {
  it.each(['before', 'after'] as const)('goes on, if the database was opened %s that', async (when) => {
    const open = makeStore();
    if (when === 'after') freeze(backend);
    const [one, other] = [open(), open()];
    if (when === 'before') freeze(backend);
    const server = new TokenServer('strict');
    const [first, second] = [one, other].map((db) =>
      oauthClientProvider(db, { serverUrl, clientMetadata: { redirect_uris: [] }, fetch: server.fetch }),
    );
    await first?.saveTokens({ ...TokenServer.first, expires_in: 3600 });
    vi.advanceTimersByTime(1_000_000);
    expect(await second?.tokens()).toEqual({ ...TokenServer.first, expires_in: 2600 });
    const answers = await Promise.all(
      [first, second].map(async (provider) => provider?.fetch(...TokenServer.request('r0'))),
    );
    expect(answers.map((answer) => answer?.status)).toEqual([200, 200]);
    expect(server.presented).toEqual(['r0']);
    vi.setSystemTime(0);
    expect(await second?.tokens()).toMatchObject({ access_token: 'a1' });
    await Promise.all([one.close(), other.close()]);
  });

  it('sees codes and tokens end when it moves the clock', async () => {
    const open = makeStore();
    freeze(backend);
    const server = new Server(open());
    const codeOf = async (): Promise<string> =>
      new URL(await server.approve(client, params, { username: 'u' })).searchParams.get('code') ?? '';
    const [late, code] = [await codeOf(), await codeOf()];
    const { access_token: token } = await server.exchangeAuthorizationCode(client, code);
    vi.advanceTimersByTime(60_000);
    await expect(server.exchangeAuthorizationCode(client, late)).rejects.toThrow(
      'Invalid authorization code',
    );
    vi.advanceTimersByTime(3_539_999);
    expect(await server.verifyAccessToken(token)).toMatchObject({ token });
    vi.advanceTimersByTime(1);
    await expect(server.verifyAccessToken(token)).rejects.toThrow('Invalid or expired token');
  });
});
