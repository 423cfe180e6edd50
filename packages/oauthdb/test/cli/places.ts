import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { OAuthDatabase } from '@oauthdb/core';
import { open } from '../../src/index.ts';
import { directory, type RunOptions } from './cli.ts';

/** A database of a test's own, for the command and for the test. */
export interface Place {
  readonly run: RunOptions;
  /** What stands in the command line to find it. */
  readonly flags: readonly string[];
  readonly open: () => Promise<OAuthDatabase>;
}

export const places: readonly (readonly [name: string, find: () => Promise<Place>])[] = [
  ['a SQLite file', async () => placeOf(`sqlite:${join(await directory(), 'tokens.db')}`)],
  ['Redis', async () => placeOf(inject('standalone').url)],
];

export const cluster = async (): Promise<Place> => placeOf(clusterUrl());

export function clusterUrl(): string {
  return `redis+cluster://${inject('cluster')
    .nodes.map(({ host, port }) => `${host}:${port}`)
    .join(',')}`;
}

/** Under prefixes of its own. */
export function placeOf(db: string): Place {
  const name = randomUUID();
  const [keyPrefix, serverKeyPrefix] = [`held-${name}:`, `issued-${name}:`];
  return {
    run: { db },
    flags: ['--key-prefix', keyPrefix, '--server-key-prefix', serverKeyPrefix],
    open: () => open(db, { keyPrefix, serverKeyPrefix }),
  };
}

/** Stores one of everything; each secret begins with `canary-`. */
export async function furnish(db: OAuthDatabase): Promise<void> {
  const day = 86_400_000;
  await db.storeToken('user_123', 'canary-held', new Date(Date.now() + 3_600_000));
  await db.storeToken('for ever', 'canary-held-2');
  await db.clients.register({
    client_id: 'client_123',
    client_name: 'My MCP Client',
    client_secret: 'canary-client-secret',
    registration_access_token: 'canary-registration',
    redirect_uris: ['http://localhost:8080/callback'],
    something_else: 'canary-unknown-member',
  });
  await db.states.store('canary-state', { client_id: 'client_123', state: 'canary-inner-state' });
  await db.codes.store('canary-code', {
    client_id: 'client_123',
    username: 'octocat',
    code_challenge: 'canary-challenge',
  });
  await db.issue({
    client_id: 'client_123',
    username: 'octocat',
    scope: 'mcp:*',
    grant_id: 'grant_123',
    accessToken: { jti: 'jti_123', expires_at: new Date(Date.now() + day) },
    refreshToken: { token: 'canary-refresh' },
  });
  await db.accessTokens.store({ jti: 'jti_456', client_id: 'client_456', username: 'hubot' });
  await db.sessions.store('canary-session', { username: 'octocat', csrf: 'canary-csrf' });
}
