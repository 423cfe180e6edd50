// A process that refreshes its tokens as the SDK does, at its parent's word.
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { oauthClientProvider } from '../../src/index.ts';
import type { FromChild, Job, ToChild } from './messages.ts';

const { store, serverUrl, refreshLease } = JSON.parse(process.argv[2] ?? '') as Job;
const db: OAuthDatabase =
  'path' in store
    ? new SqliteOAuthDatabase({ ...store, commandTimeout: 20_000 })
    : new RedisOAuthDatabase({ ...store, commandTimeout: 20_000 });

const provider = oauthClientProvider(db, {
  serverUrl,
  refreshLease,
  redirectUrl: 'http://localhost/callback',
  clientMetadata: { redirect_uris: ['http://localhost/callback'] },
});

let go: () => void = () => {};
const say = (message: FromChild): void => void process.send?.(message);

/** It says so when it has read the tokens, and waits for the others to have done so. */
const inStep = new Proxy(provider, {
  get(target, name) {
    const member: unknown = Reflect.get(target, name);
    if (typeof member !== 'function') return member;
    if (name !== 'tokens') return member.bind(target) as unknown;
    return async () => {
      const tokens = await target.tokens();
      const told = new Promise<void>((resolve) => (go = resolve));
      say({ has: 'read' });
      await told;
      return tokens;
    };
  },
});

process.on('message', (message: ToChild) => {
  if (message === 'go') go();
  if (message === 'begin') {
    auth(inStep, { serverUrl, fetchFn: provider.fetch }).then(
      async (result) => say({ has: 'ended', result, token: (await provider.tokens())?.access_token }),
      (error: Error) => say({ has: 'ended', result: error.message, token: undefined }),
    );
  }
});
process.on('disconnect', () => process.exit());
say({ has: 'started' });
