import { hash } from 'node:crypto';
import type {} from '@oauthdb/test-redis/setup';
import { expect, it, onTestFinished } from 'vitest';
import { jtiOf } from '../../../../mcp/src/presented.ts';
import { migrate, oidcProviderSource } from '../../../src/index.ts';
import { Server } from './oidc.ts';
import { byHundreds, database, exported, GLOBS, place } from './redis.ts';

const all = ['held', 'client', 'state', 'code', 'token', 'refresh', 'session'] as const;

it('takes over what oidc-provider has registered, issued and signed in', async () => {
  const from = await place();
  const server = await Server.start(from.url);
  const client = await server.register();
  const { access_token: own } = await server.token(client, { grant_type: 'client_credentials' });
  const first = await server.authorize(client.client_id, 'octocat');
  const redeem = { grant_type: 'authorization_code', redirect_uri: server.redirectUri };
  const issued = await server.token(client, { ...redeem, code: first.code, code_verifier: first.verifier });
  const refreshed = await server.token(client, {
    grant_type: 'refresh_token',
    refresh_token: issued.refresh_token,
  });
  const second = await server.authorize(client.client_id, 'octocat');
  const to = await database();
  await using source = oidcProviderSource(from.url);
  const { leftOut, ...done } = await migrate({ from: source, to });
  // One client, three access tokens, two refresh tokens, one code and a session; the code that was redeemed is none.
  expect(done).toMatchObject({ stored: 8, compared: { same: 8, different: 0, missing: 0 } });
  expect(leftOut.map(({ what, why }) => [what, why])).toEqual(
    expect.arrayContaining([
      ['Grant', 'no_place'],
      ['RegistrationAccessToken', 'no_place'],
    ]),
  );
  expect(leftOut.every(({ why }) => why === 'no_place')).toBe(true);

  const {
    registration_access_token: _,
    registration_client_uri: __,
    ...metadata
  } = client as Record<string, unknown>;
  expect(await to.clients.get(client.client_id)).toMatchObject(metadata);
  expect(await to.accessTokens.get(jtiOf(own))).toMatchObject({
    client_id: client.client_id,
    kind: 'ClientCredentials',
  });
  const token = await to.accessTokens.get(jtiOf(refreshed.access_token));
  expect(token).toMatchObject({
    client_id: client.client_id,
    username: 'octocat',
    scope: 'openid offline_access',
    gty: 'authorization_code refresh_token',
  });
  expect(Date.parse(token?.expires_at ?? '') - Date.parse(token?.issued_at ?? '')).toBe(3_600_000);
  expect(await to.sessions.get(server.sessionId)).toMatchObject({
    username: 'octocat',
    authorizations: { [client.client_id]: { grantId: expect.any(String) } },
    created_at: expect.stringMatching(/Z$/),
  });
  expect(await to.codes.peek(second.code)).toMatchObject({
    username: 'octocat',
    redirect_uri: server.redirectUri,
    code_challenge: hash('sha256', second.verifier, 'base64url'),
    code_challenge_method: 'S256',
  });

  // What was used stays so.
  const redemption = { client_id: client.client_id, redirect_uri: server.redirectUri };
  expect((await to.codes.consume(first.code, redemption)).status).toBe('not_found');
  expect((await to.codes.consume(second.code, redemption)).status).toBe('consumed');
  expect(await to.refreshTokens.get(issued.refresh_token)).toBeNull();
  const next = { refreshToken: { token: 'the next' }, accessToken: { jti: 'next' } };
  expect((await to.refreshTokens.rotate(refreshed.refresh_token, () => next)).status).toBe('rotated');
  const reused = await to.refreshTokens.rotate(issued.refresh_token, () => next);
  expect(reused).toMatchObject({ status: 'reused', grant_id: token?.grant_id });
  expect(await to.refreshTokens.get('the next')).toBeNull();
  expect(await to.accessTokens.get(jtiOf(refreshed.access_token))).toBeNull();
  expect((await to.clients.delete(client.client_id)).revoked.accessTokens).toBe(1);
});

it('brings every one of ten thousand models that oidc-provider has saved', async () => {
  const [from, to] = [await place(), await place()];
  const { provider } = await Server.start(from.url, GLOBS);
  const indexes = Array.from({ length: 10_000 }, (_, i) => i);
  // By what is handed out: tokens, codes and ids.
  const saved = await byHundreds(indexes, async (i) => {
    const owned = {
      accountId: `user ${i % 97}`,
      clientId: `https://client/${i % 89}`,
      grantId: `grant ${i % 1000}`,
      scope: 'openid',
      claims: { i },
    };
    switch (i % 6) {
      case 0:
        return new provider.AccessToken({
          ...owned,
          aud: 'urn:x',
          extra: { n: i },
          gty: 'authorization_code',
        }).save();
      case 1:
        return new provider.ClientCredentials({ clientId: owned.clientId, scope: 'api' }).save();
      case 2: {
        const token = new provider.RefreshToken({ ...owned, resource: ['urn:a', 'urn:b'], rotations: 2 });
        const value = await token.save();
        if (i % 4 === 0) await token.consume();
        return value;
      }
      case 3: {
        const code = new provider.AuthorizationCode({
          ...owned,
          redirectUri: 'https://client/cb',
          codeChallenge: 'c',
          codeChallengeMethod: 'S256',
        });
        const value = await code.save();
        if (i % 5 === 0) await code.consume();
        return value;
      }
      case 4: {
        const session = new provider.Session({ accountId: owned.accountId, loginTs: 5, uid: `uid ${i}` });
        return session.save(3600 + i);
      }
      default: {
        const id = `https://client/${i}:{x}`;
        await provider.Client.adapter.upsert(id, {
          client_id: id,
          redirect_uris: ['https://client/cb'],
          ...(i % 2 === 0 ? {} : { client_id_issued_at: 1_700_000_000 + i }),
        });
        return id;
      }
    }
  });
  for (let i = 0; i < 12; i++) await new provider.Grant({ accountId: 'a', clientId: 'c' }).save();
  for (let i = 0; i < 3; i++) await new provider.InitialAccessToken({}).save();
  const consumed = { codes: 0, refresh: 0 };
  for (const i of indexes) {
    if (i % 6 === 3 && i % 5 === 0) consumed.codes++;
    if (i % 6 === 2 && i % 4 === 0) consumed.refresh++;
  }
  const count = saved.length - consumed.codes;
  const before = await from.state();
  await from.writes();
  const source = oidcProviderSource(from.url, { prefix: GLOBS });
  onTestFinished(() => source.close());
  const db = await database(to.url);
  await to.writes();
  const dry = await db.import(source.export({ kinds: all }), { dryRun: true });
  expect([dry.stored, await to.writes(), await to.redis.dbsize()]).toEqual([count, [], 0]);
  const same = { same: count, different: 0, missing: 0, ended: 0 };
  const leftOut = [
    { what: 'Grant', why: 'no_place', count: 12 },
    { what: 'InitialAccessToken', why: 'no_place', count: 3 },
  ];
  const first = await migrate({ from: source, to: db });
  expect(first).toMatchObject({ stored: count, removed: 0, compared: same, leftOut });
  const again = await migrate({ from: source, to: db, mode: 'replace' });
  expect(again).toMatchObject({ stored: 0, replaced: 0, removed: 0, kept: count, compared: same });
  expect(await from.writes()).toEqual([]);
  expect(await from.state()).toBe(before);

  const payloads = await byHundreds(indexes, async (i) => {
    const models = [
      'AccessToken',
      'ClientCredentials',
      'RefreshToken',
      'AuthorizationCode',
      'Session',
      'Client',
    ];
    const key = `${GLOBS}${models[i % 6]}:${saved[i]}`;
    const text =
      i % 6 === 2 || i % 6 === 3 ? await from.redis.hget(key, 'payload') : await from.redis.get(key);
    return JSON.parse(text ?? '{}') as Record<string, never>;
  });
  const found = await byHundreds(indexes, async (i): Promise<object | null> => {
    const name = saved[i] as string;
    const tables = [
      db.accessTokens,
      db.accessTokens,
      db.refreshTokens,
      null,
      db.sessions,
      db.clients,
    ] as const;
    const table = tables[i % 6];
    return table ? table.get(i % 6 < 2 ? jtiOf(name) : name) : db.codes.peek(name);
  });
  expect(found).toEqual(indexes.map((i) => wanted(i, saved[i] as string, payloads[i] ?? {})));
  const rotated = (await exported(db, 'refresh')).filter(({ record }) => record['rotated_at'] !== undefined);
  expect(rotated).toHaveLength(consumed.refresh);
  // No token, code or session id is in a key or a record.
  const secrets = new Set(saved.filter((_, i) => i % 6 !== 5));
  for await (const one of db.export({ kinds: all })) {
    const texts = [
      one.kind === 'held' ? one.key : one.id,
      ...Object.values('record' in one ? one.record : {}),
    ];
    expect(texts.filter((text) => secrets.has(String(text)))).toEqual([]);
  }
});

/** What there must be in a database, by what oidc-provider has stored. */
function wanted(
  i: number,
  name: string,
  { iat, exp, jti: _jti, ...payload }: Record<string, never>,
): object | null {
  const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const { accountId, clientId, grantId, redirectUri, codeChallenge, codeChallengeMethod, ...others } =
    payload;
  const grant = {
    ...others,
    client_id: clientId,
    username: accountId,
    grant_id: grantId,
    expires_at: iso(exp ?? 0),
  };
  const handle = hash('sha256', name, 'base64url');
  switch (i % 6) {
    case 0:
      return { ...grant, jti: jtiOf(name), issued_at: iso(iat ?? 0) };
    case 1: {
      const { username: __, ...own } = grant;
      return { ...own, grant_id: jtiOf(name), jti: jtiOf(name), issued_at: iso(iat ?? 0) };
    }
    case 2:
      return i % 4 === 0 ? null : { ...grant, handle, issued_at: iso(iat ?? 0) };
    case 3: {
      const bound = {
        redirect_uri: redirectUri,
        code_challenge: codeChallenge,
        code_challenge_method: codeChallengeMethod,
      };
      return i % 5 === 0 ? null : { ...grant, ...bound, issued_at: iso(iat ?? 0) };
    }
    case 4:
      return { ...others, username: accountId, handle, created_at: iso(iat ?? 0), expires_at: iso(exp ?? 0) };
    default: {
      const issuedAt = payload['client_id_issued_at'];
      return { ...payload, ...(issuedAt === undefined ? {} : { created_at: iso(issuedAt) }) };
    }
  }
}

it('takes back a code that was consumed since it was copied', async () => {
  const from = await place();
  const { provider } = await Server.start(from.url);
  const owned = { clientId: 'c', accountId: 'u', grantId: 'g' };
  const code = new provider.AuthorizationCode({ ...owned, redirectUri: 'https://client/cb' });
  const token = new provider.RefreshToken(owned);
  const [codeValue, tokenValue] = [await code.save(), await token.save()];
  const to = await database();
  await using source = oidcProviderSource(from.url);
  expect(await migrate({ from: source, to })).toMatchObject({ stored: 2 });
  await Promise.all([code.consume(), token.consume()]);
  expect((await provider.AuthorizationCode.find(codeValue))?.isValid).toBe(false);
  expect(await migrate({ from: source, to })).toMatchObject({
    removed: 1,
    replaced: 1,
    compared: { different: 0 },
  });
  expect((await to.codes.consume(codeValue, { client_id: 'c' })).status).not.toBe('consumed');
  expect((await to.refreshTokens.rotate(tokenValue, () => null)).status).toBe('reused');
});

it('follows what is issued, consumed and revoked', async () => {
  const from = await place();
  const { provider } = await Server.start(from.url);
  const owned = { clientId: 'c', accountId: 'u', grantId: 'g' };
  const [old, gone] = [new provider.RefreshToken(owned), new provider.AccessToken(owned)];
  const code = new provider.AuthorizationCode(owned);
  const values = [await old.save(), await gone.save(), await code.save()] as const;
  const to = await database();
  await using source = oidcProviderSource(from.url);
  const stop = new AbortController();
  let added = '';
  const steps = [
    () => old.consume(),
    () => code.consume(),
    () => from.redis.del(`oidc:AccessToken:${values[1]}`),
    async () => (added = await new provider.AccessToken(owned).save()),
  ];
  let done = Promise.resolve();
  await migrate({
    from: source,
    to,
    follow: true,
    pauseMs: 1,
    signal: stop.signal,
    onProgress: ({ phase }) => {
      if (phase !== 'follow') return;
      const step = steps.shift();
      done = done.then(async () => (step === undefined ? stop.abort() : void (await step())));
    },
  });
  expect(await to.refreshTokens.get(values[0])).toBeNull();
  expect(await to.accessTokens.get(jtiOf(values[1]))).toBeNull();
  expect(await to.codes.peek(values[2])).toBeNull();
  expect(await to.accessTokens.get(jtiOf(added))).toMatchObject({ username: 'u' });
});

it('counts what it cannot read, by the names of the models', async () => {
  const from = await place();
  const { provider } = await Server.start(from.url);
  const good = await new provider.AccessToken({ clientId: 'c', accountId: 'u', grantId: 'g' }).save();
  const stored = JSON.parse((await from.redis.get(`oidc:AccessToken:${good}`)) ?? '') as object;
  const { redis } = from;
  await redis.set('oidc:AccessToken:canary-1', '{');
  await redis.set('oidc:AccessToken:canary-2', JSON.stringify(stored));
  await redis.set('oidc:AccessToken:canary-3', '{"kind":"AccessToken"}');
  await redis.set('oidc:Client:canary-4', '{"client_id":"another"}');
  await redis.rpush('oidc:Session:canary-5', 'x');
  // As the adapter leaves it where something was consumed that had just ended.
  await redis.hset('oidc:RefreshToken:canary-6', { consumed: 5 });
  await redis.set('oidc:canary-7', 'x');
  await redis.set('oidc:constructor:canary-8', '{}');
  await redis.rpush('oidc:grant:canary-9', 'x');
  const metadata = { client_id: 'c', expires_at: 1, redirect_uris: [] };
  const odd = JSON.stringify({ ...stored, jti: 'odd', constructor: 'x', toString: 'y' });
  await redis.set('oidc:AccessToken:odd', odd.replace('{', '{"__proto__":"z",'));
  await provider.Client.adapter.upsert('c', metadata, 100);
  const to = await database();
  await using source = oidcProviderSource(from.url);
  const { leftOut, ...done } = await migrate({ from: source, to });
  expect(done).toMatchObject({ stored: 3, expired: 0 });
  const found = Object.entries((await to.accessTokens.get(jtiOf('odd'))) ?? {});
  expect(found).toEqual(
    expect.arrayContaining([
      ['constructor', 'x'],
      ['toString', 'y'],
      ['__proto__', 'z'],
    ]),
  );
  expect(leftOut).toHaveLength(7);
  expect(leftOut).toEqual(
    expect.arrayContaining([
      { what: 'AccessToken', why: 'not_a_record', count: 2 },
      { what: 'AccessToken', why: 'not_json', count: 1 },
      { what: 'Client', why: 'not_a_record', count: 1 },
      { what: 'Client.expires_at', why: 'no_place', count: 1 },
      { what: 'RefreshToken', why: 'not_a_record', count: 1 },
      { what: 'Session', why: 'other_type', count: 1 },
      { what: 'key', why: 'unknown_key', count: 2 },
    ]),
  );
  const end = Date.parse((await to.clients.get('c'))?.expires_at ?? '');
  expect(Math.abs(end - Date.now() - 100_000)).toBeLessThan(30_000);
});
