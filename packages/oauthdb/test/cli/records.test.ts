import { describe, expect, it } from 'vitest';
import { output, run, values, type Ran } from './cli.ts';
import { cluster, furnish, places, type Place } from './places.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function sorted<T>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}

async function furnished(find: () => Promise<Place>): Promise<Place> {
  const place = await find();
  await using db = await place.open();
  await furnish(db);
  return place;
}

describe.each(places)('on %s', (_, find) => {
  it('lists each kind, with the names in columns where nobody watches', async () => {
    const { run: at, flags } = await furnished(find);
    const list = async (...args: string[]): Promise<string[][]> =>
      (await output([...args, ...flags], at))
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t'));
    expect(sorted(await list('tokens', 'list'))).toEqual([
      ['for ever', 'never'],
      ['user_123', expect.stringMatching(ISO)],
    ]);
    expect(await list('clients', 'list')).toEqual([
      [
        'client_123',
        'My MCP Client',
        '',
        'http://localhost:8080/callback',
        expect.stringMatching(ISO),
        expect.stringMatching(ISO),
      ],
    ]);
    expect(sorted((await list('access-tokens', 'list')).map(([jti, username]) => [jti, username]))).toEqual([
      ['jti_123', 'octocat'],
      ['jti_456', 'hubot'],
    ]);
    for (const noun of ['refresh-tokens', 'sessions', 'states', 'codes']) {
      expect(await list(noun, 'list')).toEqual([
        [
          expect.stringMatching(/^[\w-]{43}$/),
          ...Array.from({ length: noun === 'sessions' ? 3 : 5 }, () => expect.any(String)),
        ],
      ]);
    }
    expect(sorted(await list('users', 'list'))).toEqual([
      ['hubot', '1', '0', '0', expect.stringMatching(ISO)],
      ['octocat', '1', '1', '1', expect.stringMatching(ISO)],
    ]);
  });

  it('narrows a listing down by user, client and time', async () => {
    const { run: at, flags } = await furnished(find);
    const ids = async (...args: string[]): Promise<unknown[]> =>
      sorted((await values(['access-tokens', 'list', ...args, ...flags], at)).map(({ jti }) => jti));
    expect(await ids('--user', 'octocat')).toEqual(['jti_123']);
    expect(await ids('--client', 'client_456')).toEqual(['jti_456']);
    expect(await ids('--grant', 'grant_123')).toEqual(['jti_123']);
    expect(await ids('--user', 'octocat', '--client', 'client_456')).toEqual([]);
    expect(await ids('--expires-before', '2d')).toEqual(['jti_123']);
    expect(await ids('--expires-after', '2d')).toEqual(['jti_456']);
    expect(await ids('--issued-after', '1h')).toEqual(['jti_123', 'jti_456']);
    expect(await ids('--issued-before', '1h')).toEqual([]);
    expect(await ids('--limit', '1')).toHaveLength(1);
    expect(
      (await values(['tokens', 'list', '--without-expiry', ...flags], at)).map(({ key }) => key),
    ).toEqual(['for ever']);
    expect(
      (await values(['tokens', 'list', '--prefix', 'user_', ...flags], at)).map(({ key }) => key),
    ).toEqual(['user_123']);
    expect(await values(['clients', 'list', '--user', 'octocat', ...flags], at)).toHaveLength(1);
    expect(await values(['clients', 'list', '--user', 'nobody', ...flags], at)).toEqual([]);
  });

  it('shows one of each, by its id, its handle, or the secret on standard input', async () => {
    const { run: at, flags } = await furnished(find);
    const [client] = await values(['clients', 'show', 'client_123', ...flags], at);
    expect(client).toEqual({
      client_id: 'client_123',
      client_name: 'My MCP Client',
      client_secret: '********',
      registration_access_token: '********',
      redirect_uris: ['http://localhost:8080/callback'],
      something_else: '********',
      created_at: expect.stringMatching(ISO),
      expires_at: expect.stringMatching(ISO),
    });
    expect(await output(['access-tokens', 'show', 'jti_123', ...flags], at)).toMatch(/^scope\tmcp:\*$/m);
    for (const [noun, input] of [
      ['refresh-tokens', 'canary-refresh'],
      ['sessions', 'canary-session'],
      ['states', 'canary-state'],
      ['codes', 'canary-code'],
    ] as const) {
      const [bySecret] = await values([noun, 'show', '-', ...flags], { ...at, input });
      const handle = String(bySecret?.['handle']);
      expect(handle).toMatch(/^[\w-]{43}$/);
      expect(await values([noun, 'show', handle, ...flags], at)).toEqual([bySecret]);
    }
    expect(await output(['users', 'show', 'octocat', ...flags], at)).toMatch(/^access token\tjti_123\t/m);
  });

  it('shows secrets when it is told to', async () => {
    const { run: at, flags } = await furnished(find);
    const open = { ...at, showsSecrets: true };
    expect(await output(['tokens', 'show', 'user_123', '--show-secrets', ...flags], open)).toContain(
      'canary-held',
    );
    const [client] = await values(['clients', 'show', 'client_123', '--show-secrets', ...flags], open);
    expect(client).toMatchObject({
      client_secret: 'canary-client-secret',
      something_else: 'canary-unknown-member',
    });
  });

  it('says how long something lives', async () => {
    const { run: at, flags } = await furnished(find);
    const ttl = async (...args: string[]): Promise<number> => Number(await output([...args, ...flags], at));
    expect(await ttl('tokens', 'ttl', 'user_123')).toSatisfy((s: number) => s > 3500 && s <= 3600);
    expect(await ttl('tokens', 'ttl', 'for ever')).toBe(-1);
    expect(await ttl('access-tokens', 'ttl', 'jti_123')).toSatisfy((s: number) => s > 86_300 && s <= 86_400);
    expect(await ttl('users', 'ttl', 'octocat')).toBeGreaterThan(300 * 86_400);
    const [life] = await values(['clients', 'ttl', 'client_123', ...flags], at);
    expect(life).toEqual({ expires_at: expect.stringMatching(ISO), ttl_ms: expect.any(Number) });
  });

  it('exits with 1 for what is not there', async () => {
    const { run: at, flags } = await furnished(find);
    const missing: readonly (readonly string[])[] = [
      ['tokens', 'show', 'nobody'],
      ['tokens', 'ttl', 'nobody'],
      ['tokens', 'delete', 'nobody', '--yes'],
      ['clients', 'show', 'nobody'],
      ['clients', 'delete', 'nobody', '--yes'],
      ['access-tokens', 'revoke', 'nobody', '--yes'],
      ['users', 'show', 'nobody'],
      ['users', 'ttl', 'nobody'],
      ['states', 'ttl', 'nobody'],
      ['revoke', '--user', 'nobody', '--yes'],
    ];
    const ran = await Promise.all(missing.map((args) => run([...args, ...flags], at)));
    expect(ran.map(({ code }) => code)).toEqual(missing.map(() => 1));
  });

  it('stores and deletes tokens that are held', async () => {
    const { run: at, flags, open } = await find();
    await output(['tokens', 'set', 'k', '--expires', '1h', ...flags], { ...at, input: 'canary-set\n' });
    await using db = await open();
    expect(await db.getToken('k')).toBe('canary-set');
    expect((await db.getTokenExpiry('k'))?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    await output(['tokens', 'set', 'l', ...flags], { ...at, input: 'canary-l' });
    expect(await output(['tokens', 'delete', 'k', 'l', '--dry-run', ...flags], at)).toBe('would delete 2\n');
    expect(await db.hasToken('k')).toBe(true);
    expect(await output(['tokens', 'delete', 'k', 'l', 'l', '--yes', ...flags], at)).toBe('deleted 2\n');
    expect(await db.listTokens()).toEqual([]);
  });

  it('registers clients, and deletes them with all that was issued to them', async () => {
    const { run: at, flags, open } = await furnished(find);
    const register = (...args: string[]): Promise<Ran> =>
      run(['clients', 'register', ...args, '--redirect-uri', 'http://localhost/cb', ...flags], at);
    expect(await register('c1')).toMatchObject({ code: 2, stderr: expect.stringContaining('--output') });
    expect(await register('c1', '--public')).toMatchObject({ code: 0 });
    expect(await register('c1', '--public')).toMatchObject({ code: 1 });
    await using db = await open();
    expect(await db.clients.get('c1')).toMatchObject({
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://localhost/cb'],
    });
    const dry = await values(['clients', 'delete', 'client_123', '--dry-run', ...flags], at);
    const revoked = { accessTokens: 1, refreshTokens: 1, codes: 1, sessions: 0 };
    expect(dry).toEqual([{ clients: 1, missing: 0, revoked, dry_run: true }]);
    expect(await db.accessTokens.has('jti_123')).toBe(true);
    expect(await values(['clients', 'delete', 'client_123', '--yes', ...flags], at)).toEqual([
      { clients: 1, missing: 0, revoked, dry_run: false },
    ]);
    expect(await db.clients.get('client_123')).toBe(null);
    expect(await db.accessTokens.has('jti_123')).toBe(false);
    expect(await db.refreshTokens.get('canary-refresh')).toBe(null);
  });

  it('revokes what a user, a client, a grant or a token stands for, and counts right before', async () => {
    const { run: at, flags, open } = await furnished(find);
    await using db = await open();
    const revoke = (...args: string[]): Promise<unknown[]> => values(['revoke', ...args, ...flags], at);
    const all = { accessTokens: 1, refreshTokens: 1, codes: 1, sessions: 1 };
    expect(await revoke('--user', 'octocat', '--dry-run')).toEqual([{ ...all, dry_run: true }]);
    expect(await revoke('--client', 'client_123', '--dry-run')).toEqual([
      { ...all, sessions: 0, dry_run: true },
    ]);
    expect(await revoke('--grant', 'grant_123', '--dry-run')).toEqual([
      { ...all, codes: 0, sessions: 0, dry_run: true },
    ]);
    expect(await db.accessTokens.has('jti_123')).toBe(true);
    expect(await revoke('--user', 'octocat', '--yes')).toEqual([{ ...all, dry_run: false }]);
    expect(await db.accessTokens.has('jti_123')).toBe(false);
    expect(await db.sessions.get('canary-session')).toBe(null);
    expect(await revoke('--token', 'jti_456', '--yes')).toEqual([
      { accessTokens: 1, refreshTokens: 0, codes: 0, sessions: 0, dry_run: false },
    ]);
    await db.refreshTokens.store({ token: 'canary-another', client_id: 'c' });
    const bySecret = ['revoke', '--token', '-', '--yes', ...flags];
    expect(await values(bySecret, { ...at, input: 'canary-another' })).toMatchObject([{ refreshTokens: 1 }]);
    expect(await db.refreshTokens.get('canary-another')).toBe(null);
  });

  it('stores an access token, on the lists of its user', async () => {
    const { run: at, flags, open } = await find();
    await output(
      [
        'access-tokens',
        'store',
        'j',
        '--client',
        'c',
        '--user',
        'u',
        '--scope',
        'a b',
        '--expires',
        '1h',
        ...flags,
      ],
      at,
    );
    await using db = await open();
    expect(await db.accessTokens.get('j')).toMatchObject({ username: 'u', scope: 'a b' });
    expect(await values(['users', 'show', 'u', ...flags], at)).toMatchObject([{ kind: 'token', jti: 'j' }]);
    expect(await output(['access-tokens', 'revoke', 'j', '--yes', ...flags], at)).toBe('deleted 1\n');
    expect((await run(['users', 'show', 'u', ...flags], at)).code).toBe(1);
  });

  it('counts, pings and clears away', async () => {
    const { run: at, flags } = await furnished(find);
    const [stats] = await values(['stats', ...flags], at);
    expect(stats).toMatchObject({
      held: { count: 2, withoutExpiry: 1, expiringWithinHour: 1 },
      client: { count: 1 },
      token: { count: 2, withoutExpiry: 0 },
      refresh: { count: 1 },
      session: { count: 1 },
      state: { count: 1 },
      code: { count: 1 },
      unreadable: 0,
      lists: { dangling: 0 },
    });
    expect(await output(['stats', ...flags], at)).toMatch(/^tokens\t2\t1\t1\t1\t\d+$/m);
    expect(await output(['ping', ...flags], at)).toMatch(/^status\tok\n/);
    expect(await values(['purge', '--dry-run', ...flags], at)).toEqual([
      { expired: 0, dangling: 0, clients: 0, dry_run: true },
    ]);
    const clients = ['purge', '--unused-clients-older-than', '0s', ...flags];
    expect((await run(clients, at)).code).toBe(2);
    expect(await values([...clients, '--yes'], at)).toMatchObject([{ clients: 0, dry_run: false }]);
  });
});

describe('on a cluster', () => {
  it('lists, shows, counts, revokes and deletes', async () => {
    const { run: at, flags } = await furnished(cluster);
    const ids = async (...args: string[]): Promise<unknown[]> =>
      sorted((await values([...args, ...flags], at)).map(({ jti, key }) => jti ?? key));
    expect(await ids('tokens', 'list')).toEqual(['for ever', 'user_123']);
    expect(await ids('access-tokens', 'list')).toEqual(['jti_123', 'jti_456']);
    expect(await ids('access-tokens', 'list', '--user', 'octocat')).toEqual(['jti_123']);
    expect(await values(['codes', 'show', '-', ...flags], { ...at, input: 'canary-code' })).toHaveLength(1);
    expect(await values(['stats', ...flags], at)).toMatchObject([
      { token: { count: 2 }, code: { count: 1 } },
    ]);
    expect(await values(['revoke', '--user', 'octocat', '--yes', ...flags], at)).toMatchObject([
      { accessTokens: 1, refreshTokens: 1, codes: 1, sessions: 1 },
    ]);
    expect(await values(['clients', 'delete', 'client_123', '--yes', ...flags], at)).toMatchObject([
      { clients: 1 },
    ]);
    expect(await values(['ping', ...flags], at)).toMatchObject([{ backend: 'redis-cluster', status: 'ok' }]);
  });
});
