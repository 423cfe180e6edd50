import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { oauthClientProvider } from '../src/index.ts';
import { backends } from './backends.ts';
import { TokenServer } from './token-server.ts';

const serverUrl = 'https://mcp.example/mcp';

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
});
