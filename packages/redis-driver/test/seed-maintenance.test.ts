import { describe, expect, it } from 'vitest';
import { about, client, hashed, issue, openAt, places, scan } from './handbook.ts';

const day = 86_400;

describe.each(places)('Maintenance, %s', (_, find) => {
  it('KEYS, SCAN and DBSIZE show what is stored', async () => {
    const { db, cli } = openAt(await find());
    await db.clients.register(client);
    await db.states.store('state_123', { client_id: 'client_123' });
    await db.codes.store('code_123', { client_id: 'client_123' });
    await issue(db);
    const shown = ((await cli('KEYS oauth:*')) as string[]).toSorted();
    expect((await scan(cli, 'oauth:*')).toSorted()).toEqual(shown);
    expect(await cli('DBSIZE')).toBeGreaterThanOrEqual(shown.length);
    expect(shown.filter((key) => !/^oauth:(client_grants|grant|user_grants):/.test(key))).toEqual([
      'oauth:client:client_123',
      `oauth:code:${hashed('code_123')}`,
      `oauth:refresh:${hashed('refresh_123')}`,
      `oauth:state:${hashed('state_123')}`,
      'oauth:token:jti_123',
      'oauth:user_tokens:username',
    ]);
  });

  it('KEYS shows nothing that opens anything', async () => {
    const { db, cli } = openAt(await find());
    await db.states.store('state_123', { client_id: 'client_123' });
    await db.codes.store('code_123', { client_id: 'client_123' });
    await issue(db);
    await db.sessions.store('session_123', { username: 'username' });
    await db.refreshTokens.rotate('refresh_123', () => ({ refreshToken: { token: 'refresh_456' } }));
    await db.states.consume('state_123');
    await db.codes.consume('code_123', { client_id: 'client_123' });
    // What is kept beside the keys, too.
    const shown = JSON.stringify(await cli('KEYS *oauth:*'));
    expect(shown).toContain(`oauth:refresh:${hashed('refresh_456')}`);
    expect(shown).not.toMatch(/(state|code|refresh|session)_(123|456)/);
  });

  it('GET, TTL and DEL work with states, codes, refresh tokens and sessions where handles are plain', async () => {
    const { db, cli } = openAt(await find(), { handles: 'plain' });
    await db.states.store('state_123', { client_id: 'client_123' });
    await db.codes.store('code_123', { client_id: 'client_123', username: 'username' });
    await issue(db);
    await db.sessions.store('session_123', { username: 'username' });
    for (const [key, life] of [
      ['oauth:state:state_123', 300],
      ['oauth:code:code_123', 60],
      ['oauth:refresh:refresh_123', 365 * day],
      ['oauth:session:session_123', day],
    ] as const) {
      expect(JSON.parse(String(await cli(`GET ${key}`)))).toHaveProperty('expires_at');
      expect(await cli(`TTL ${key}`)).toSatisfy(about(life));
    }
    expect(await cli('DEL oauth:refresh:refresh_123')).toBe(1);
    expect(await db.refreshTokens.get('refresh_123')).toBeNull();
    expect(await db.states.consume('state_123')).toMatchObject({ status: 'consumed' });
    expect(await cli('EXISTS oauth:state:state_123')).toBe(0);
  });
});
