import type { DriverDatabase } from '@oauthdb/core';
import { describe, expect, it, vi } from 'vitest';
import {
  about,
  all,
  atLeast,
  client,
  hashed,
  issuance,
  issue,
  openAt,
  places,
  scan,
  theirs,
  type Cli,
} from './handbook.ts';

const day = 86_400;

describe.each(places)('Client Management, %s', (_, find) => {
  it('GET shows a registration', async () => {
    const { db, cli } = openAt(await find());
    await db.clients.register(client);
    const stored = JSON.parse(String(await cli('GET oauth:client:client_123')));
    expect(stored).toEqual({ ...client, created_at: expect.any(String), expires_at: expect.any(String) });
    expect(Date.parse(stored.expires_at) - Date.parse(stored.created_at)).toBe(90 * day * 1000);
  });

  it('KEYS and SCAN list the registrations, and nothing else', async () => {
    const { db, cli } = openAt(await find());
    for (const id of ['client_123', 'client_456']) await db.clients.register({ ...client, client_id: id });
    await issue(db);
    const both = ['oauth:client:client_123', 'oauth:client:client_456'];
    expect(((await cli('KEYS oauth:client:*')) as string[]).toSorted()).toEqual(both);
    expect((await scan(cli, 'oauth:client:*')).toSorted()).toEqual(both);
  });

  it('DEL deletes one, and no change brings it back', async () => {
    const { db, cli } = openAt(await find());
    await db.clients.register(client);
    expect(await cli('DEL oauth:client:client_123')).toBe(1);
    expect(await db.clients.get('client_123')).toBeNull();
    expect(await db.clients.update('client_123', { client_name: 'Back' })).toBeNull();
    expect(await all(db.clients.list())).toEqual([]);
    expect(await cli('GET oauth:client:client_123')).toBeNull();
  });

  it('SET by another program registers one', async () => {
    const { db, cli } = openAt(await find());
    await cli('SET oauth:client:client_123', JSON.stringify(client), 'EX', '60');
    expect(await db.clients.get('client_123')).toEqual(client);
    expect(await db.clients.register(client)).toEqual({ status: 'already_registered' });
  });
});

describe.each(places)('Token Management, %s', (_, find) => {
  it('GET shows what a token stands for', async () => {
    const { db, cli } = openAt(await find());
    const { grant_id } = await issue(db);
    const stored = JSON.parse(String(await cli('GET oauth:token:jti_123')));
    expect(stored).toEqual({
      jti: 'jti_123',
      client_id: 'client_123',
      grant_id,
      username: 'username',
      user_id: 'github|username',
      scope: 'mcp:*',
      issued_at: expect.any(String),
      expires_at: expect.any(String),
    });
    expect(Date.parse(stored.expires_at) - Date.parse(stored.issued_at)).toBe(30 * day * 1000);
  });

  it('TTL tells the truth', async () => {
    const { db, cli } = openAt(await find(), { lapsingClients: true });
    await db.clients.register(client);
    await db.states.store('state_123', { client_id: 'client_123' });
    await db.codes.store('code_123', { client_id: 'client_123' });
    await issue(db);
    await db.sessions.store('session_123', { username: 'username' });
    expect(await cli('TTL oauth:client:client_123')).toSatisfy(about(90 * day));
    expect(await cli(`TTL oauth:state:${hashed('state_123')}`)).toSatisfy(about(300));
    expect(await cli(`TTL oauth:code:${hashed('code_123')}`)).toSatisfy(about(60));
    expect(await cli('TTL oauth:token:jti_123')).toSatisfy(about(30 * day));
    expect(await cli(`TTL oauth:refresh:${hashed('refresh_123')}`)).toSatisfy(about(365 * day));
    expect(await cli(`TTL oauth:session:${hashed('session_123')}`)).toSatisfy(about(day));
    const expires_at = new Date(Date.now() + 90_000);
    await db.accessTokens.store({ jti: 'jti_456', client_id: 'client_123', expires_at });
    expect(await cli('TTL oauth:token:jti_456')).toSatisfy(about(90));
    expect(await cli('TTL oauth:token:jti_789')).toBe(-2);
  });

  it('TTL shows that a registration outlives what was issued to the client', async () => {
    const { db, cli } = openAt(await find());
    await db.clients.register(client);
    await issue(db);
    expect(await cli('TTL oauth:client:client_123')).toSatisfy(about((365 + 90) * day));
    await db.clients.register({ ...client, client_id: 'client_456', expires_at: null });
    await db.issue({ ...issuance, client_id: 'client_456' });
    expect(await cli('TTL oauth:client:client_456')).toBe(-1);
  });

  it('DEL revokes a token', async () => {
    const { db, cli } = openAt(await find());
    await issue(db);
    expect(await cli('DEL oauth:token:jti_123')).toBe(1);
    expect(await db.accessTokens.get('jti_123')).toBeNull();
    expect(await db.accessTokens.has('jti_123')).toBe(false);
    expect(await db.accessTokens.revoke('jti_123')).toBe(false);
    expect(await all(db.accessTokens.list({ username: 'username' }))).toEqual([]);
    expect(await all(db.accessTokens.list({ clientId: 'client_123' }))).toEqual([]);
  });
});

const users = [
  ['username', 'oauth:user_tokens:username'],
  ['github|username', 'oauth:user_tokens:github|username'],
  // What would have a cluster keep the list and its entries elsewhere than their names say is encoded.
  ['a {b} 100%', 'oauth:user_tokens:a %7Bb%7D 100%25'],
] as const;

describe.each(places.flatMap(([name, find]) => users.map((user) => [...user, name, find] as const)))(
  'User Tokens of %s, as %s, %s',
  (username, index, _, find) => {
    const store = (db: DriverDatabase, jti: string, seconds = 3600): Promise<unknown> => {
      const expires_at = new Date(Date.now() + seconds * 1000);
      return db.accessTokens.store({ jti, client_id: 'client_123', username, expires_at });
    };
    const listed = async (db: DriverDatabase): Promise<string[]> =>
      (await all(db.accessTokens.list({ username }))).map(({ jti }) => jti).toSorted();
    const smembers = async (cli: Cli): Promise<string[]> =>
      ((await cli('SMEMBERS', index)) as string[]).toSorted();

    it('SMEMBERS shows the tokens of a user', async () => {
      const { db, cli } = openAt(await find());
      await issue(db, username);
      await store(db, 'jti_456');
      expect(await smembers(cli)).toEqual(['jti_123', 'jti_456']);
      expect(await listed(db)).toEqual(['jti_123', 'jti_456']);
    });

    it('SADD adds a token, which is listed and revoked with the others', async () => {
      const { db, cli } = openAt(await find());
      await issue(db, username);
      await cli('SET oauth:token:jti_456', JSON.stringify(theirs), 'EX', '3600');
      expect(await listed(db)).toEqual(['jti_123']);
      expect(await cli('SADD', index, 'jti_456')).toBe(1);
      expect(await all(db.accessTokens.list({ username }))).toContainEqual(theirs);
      expect(await db.revoke({ username })).toMatchObject({ accessTokens: 2, refreshTokens: 1 });
      expect(await cli('EXISTS oauth:token:jti_123 oauth:token:jti_456')).toBe(0);
      expect(await listed(db)).toEqual([]);
    });

    it('SADD adds the first token of a user, and one that is not there', async () => {
      const { db, cli } = openAt(await find());
      await cli('SET oauth:token:jti_456', JSON.stringify(theirs), 'EX', '3600');
      expect(await cli('SADD', index, 'jti_456', 'jti_789')).toBe(2);
      expect(await all(db.accessTokens.list({ username }))).toEqual([theirs]);
      expect(await db.revoke({ username })).toMatchObject({ accessTokens: 1 });
      expect(await cli('EXISTS oauth:token:jti_456')).toBe(0);
    });

    it('SREM takes a token off the list, and does nothing else to it', async () => {
      const { db, cli } = openAt(await find());
      await store(db, 'jti_123');
      await store(db, 'jti_456');
      expect(await cli('SREM', index, 'jti_123')).toBe(1);
      expect(await listed(db)).toEqual(['jti_456']);
      expect(await db.revoke({ username })).toMatchObject({ accessTokens: 1 });
      expect(await db.accessTokens.has('jti_123')).toBe(true);
    });

    it('SMEMBERS shows no token that was revoked', async () => {
      const { db, cli } = openAt(await find());
      await issue(db, username);
      await store(db, 'jti_456');
      expect(await db.accessTokens.revoke('jti_123')).toBe(true);
      // The list forgets it right after.
      await vi.waitFor(async () => expect(await smembers(cli)).toEqual(['jti_456']));
      await db.revoke({ username });
      expect(await smembers(cli)).toEqual([]);
    });

    it('TTL of the list is that of its longest member, or somewhat more; it has none with a member that others added', async () => {
      const { db, cli } = openAt(await find());
      await store(db, 'jti_1', 600);
      expect(await cli('TTL', index)).toSatisfy(about(600));
      await store(db, 'jti_2', 1200);
      expect(await cli('TTL', index)).toSatisfy(atLeast(1200));
      await store(db, 'jti_3', 60);
      expect(await cli('TTL', index)).toSatisfy(atLeast(1200));
      await cli('SADD', index, 'jti_456');
      await store(db, 'jti_4', 60);
      expect(await cli('TTL', index)).toBe(-1);
      await cli('SREM', index, 'jti_456');
      await store(db, 'jti_5', 60);
      expect(await cli('TTL', index)).toSatisfy(atLeast(1200));
    });
  },
);
