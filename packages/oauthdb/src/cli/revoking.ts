import type { GrantOwner, OAuthDatabase, Revoked } from '@oauthdb/core';

export type Counted = { -readonly [kind in keyof Revoked]: number };

/** `2 access tokens, 1 refresh token, 0 codes, 0 sessions`. */
export function countOf({ accessTokens, refreshTokens, codes, sessions }: Revoked): string {
  const parts = [
    [accessTokens, 'access token'],
    [refreshTokens, 'refresh token'],
    [codes, 'code'],
    [sessions, 'session'],
  ] as const;
  return parts.map(([n, name]) => `${n} ${name}${n === 1 ? '' : 's'}`).join(', ');
}

/** What a revocation would remove now. */
export async function issued(db: OAuthDatabase, owner: GrantOwner): Promise<Counted> {
  const counts: Counted = {
    accessTokens: await count(db.accessTokens.list(owner)),
    refreshTokens: await count(db.refreshTokens.list(owner)),
    codes: 0,
    sessions: 'username' in owner ? await count(db.sessions.list(owner)) : 0,
  };
  // Codes live for a minute: there are few, and no list of them alone.
  for await (const { kind, ...one } of db.export({ kinds: ['code'], unreadable: () => {} })) {
    if (kind === 'code' && 'record' in one && isOwned(owner, one.record)) counts.codes++;
  }
  return counts;
}

function isOwned(owner: GrantOwner, record: Readonly<Record<string, unknown>>): boolean {
  if ('username' in owner) return record['username'] === owner.username;
  if ('clientId' in owner) return record['client_id'] === owner.clientId;
  return record['grant_id'] === owner.grantId;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let n = 0;
  for await (const _ of items) n++;
  return n;
}
