import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { collect, fails, hour } from '../../tools.ts';
import { day, made, onKeys, owner, ServiceData } from './service-data.ts';

export const gatewayReading: Behaviour = {
  name: 'what the service of the gateway stored',
  cases: [
    {
      name: 'is read as if it had been stored here',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        const at = new Date(service.seconds() * 1000).toISOString();
        await service.client(mine.clientId);
        const client = await db.clients.get(mine.clientId);
        assert.deepEqual(client?.redirect_uris, [
          'http://localhost:8080/callback',
          'https://app.example.com/cb',
        ]);
        assert.deepEqual(client?.grant_types, ['authorization_code', 'refresh_token']);
        assert.deepEqual(client?.response_types, ['code']);
        assert.equal(client?.created_at, at);
        assert.equal(client?.client_id_issued_at, service.seconds());
        assert.equal(client?.client_name, 'Ünï ☃ Client');

        const jti = await service.token(mine);
        const access = await db.accessTokens.get(jti);
        assert.deepEqual(
          { jti: access?.jti, issued_at: access?.issued_at, expires_at: access?.expires_at },
          { jti, issued_at: at, expires_at: new Date(service.seconds(hour) * 1000).toISOString() },
        );
        assert.equal(access?.client_id, mine.clientId);
        assert.equal(await db.accessTokens.has(jti), true);

        const token = await service.refresh(mine);
        const refresh = await db.refreshTokens.get(token);
        assert.equal(refresh?.username, mine.username);
        assert.equal(refresh?.issued_at, at);
        assert.deepEqual(refresh?.resource, ['https://mcp-fetch.example.com']);
        assert.equal(refresh?.grant_id, access?.grant_id);
        assert.equal(typeof refresh?.grant_id, 'string');

        const code = await db.codes.peek(await service.code(mine));
        assert.equal(code?.user_id, '583231');
        assert.equal(code?.grant_id, refresh?.grant_id);
        const state = made();
        await service.put('state', state, service.request(mine.clientId));
        const consumed = await db.states.consume(state);
        assert.equal(consumed.status, 'consumed');
        assert.equal((await db.states.consume(state)).status, 'already_used');
      },
    },
    {
      name: 'ends when its key does, where it does not say',
      run: async (t) => {
        const db = await onKeys(t);
        const service = new ServiceData(t);
        const mine = owner();
        const near = (when: string | null | undefined, life: number): boolean =>
          typeof when === 'string' && Math.abs(Date.parse(when) - t.at().now - life) < 60_000;
        await service.client(mine.clientId);
        await service.put('client', `${mine.clientId}.kept`, { client_id: `${mine.clientId}.kept` }, null);
        assert.ok(near((await db.clients.get(mine.clientId))?.expires_at, 90 * day));
        assert.equal((await db.clients.get(`${mine.clientId}.kept`))?.expires_at, null);
        assert.ok(near((await db.codes.peek(await service.code(mine)))?.expires_at, 365 * day));
        const token = await service.refresh(mine);
        assert.ok(near((await db.refreshTokens.get(token))?.expires_at, 365 * day));
        // A change leaves the life of a registration as it is.
        const life = 10 * day;
        await service.put('client', mine.clientId, { client_id: mine.clientId }, life);
        assert.ok(near((await db.clients.update(mine.clientId, { client_name: 'n' }))?.expires_at, life));
        const [left] = await t.driver.timeLeft([t.key(`issued:client:${mine.clientId}`)], t.at());
        assert.ok(Math.abs((left ?? 0) - life) < 60_000);
      },
    },
    {
      name: 'of a registration counts the key alone, for a change there renews it and leaves what it does not know',
      run: async (t) => {
        const db = await onKeys(t);
        const service = new ServiceData(t);
        const { clientId } = owner();
        const soon = new Date(t.at().now + 90_000);
        await db.clients.register({ client_id: clientId, client_name: 'before', expires_at: soon });
        assert.equal((await db.clients.get(clientId))?.expires_at, soon.toISOString());
        const text = (await service.text('client', clientId)) ?? '';
        await service.put('client', clientId, text.replace('before', 'after'), 90 * day);
        const renewed = await db.clients.get(clientId);
        assert.equal(renewed?.client_name, 'after');
        assert.ok(Date.parse(renewed?.expires_at ?? '') > t.at().now + 89 * day);
        await service.put('client', clientId, text, null);
        assert.equal((await db.clients.get(clientId))?.expires_at, null);
      },
    },
    {
      name: 'a code that it made of a request stored here is a code, and lives as its key does',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        const [state, code] = [made(), made()];
        await db.states.store(state, {
          client_id: mine.clientId,
          redirect_uri: 'http://localhost/cb',
          state: 's',
        });
        const request = JSON.parse((await service.text('state', state)) ?? '') as object;
        const user = { user_id: '583231', username: mine.username, email: null, name: null };
        await service.put('code', code, { ...request, ...user }, 365 * day);
        t.clock.advance(hour);
        const found = await db.codes.peek(code);
        assert.equal(found?.username, mine.username);
        assert.equal('oauthdb' in (found ?? {}), false);
        assert.equal((await db.codes.consume(code, { client_id: mine.clientId })).status, 'consumed');
      },
    },
    {
      name: 'is never taken for what is kept under another key',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const { clientId } = owner();
        const [one, other, jti] = [made(), made(), made(16)];
        await db.refreshTokens.store({ token: one, client_id: clientId });
        await service.put('refresh', other, (await service.text('refresh', one)) ?? '');
        await fails(() => db.refreshTokens.get(other), 'OAUTHDB_INTEGRITY');
        await db.accessTokens.store({ jti, client_id: clientId });
        await service.put('token', `${jti}x`, (await service.text('token', jti)) ?? '');
        await fails(() => db.accessTokens.get(`${jti}x`), 'OAUTHDB_INTEGRITY');
        await service.client(clientId);
        await service.put('client', `${clientId}x`, (await service.text('client', clientId)) ?? '');
        await fails(() => db.clients.get(`${clientId}x`), 'OAUTHDB_INTEGRITY');
        // An alias says whose it is.
        await service.put('client', 'alias', { client_id: clientId, _real_client_id: clientId, _note: 'n' });
        assert.equal((await db.clients.get('alias'))?.['_real_client_id'], clientId);
      },
    },
    {
      name: 'may be older, or as it is documented: real arrays, ISO 8601, milliseconds, digits, names in ids',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const at = new Date(service.seconds() * 1000).toISOString();
        const end = new Date(service.seconds(30 * day) * 1000).toISOString();
        const documented = {
          client_id: 'client_abc123',
          client_secret: 'secret_xyz789',
          client_name: 'My MCP Client',
          redirect_uris: ['http://localhost:8080/callback'],
          grant_types: ['authorization_code', 'refresh_token'],
          registration_access_token: 'reg-token123',
          created_at: '2024-01-01T00:00:00Z',
          expires_at: '2024-04-01T00:00:00Z',
        };
        await service.put('client', 'client_abc123', documented, null);
        const client = await (await onKeys(t)).clients.get('client_abc123');
        assert.deepEqual(client?.redirect_uris, ['http://localhost:8080/callback']);
        assert.equal(client?.created_at, '2024-01-01T00:00:00.000Z');
        const issued = { client_id: 'client_abc123', user_id: 'github|username', scope: 'mcp:*' };
        await service.put('token', 'jti_123', { ...issued, issued_at: at, expires_at: end }, 30 * day);
        await service.put('token', 'jti_ms', {
          ...issued,
          created_at: t.clock.now(),
          expires_at: Date.parse(end),
        });
        await service.put('token', 'jti_digits', { ...issued, expires_at: String(service.seconds(hour)) });
        for (const jti of ['jti_123', 'jti_ms']) {
          const { username, expires_at: ends, user_id: id } = (await db.accessTokens.get(jti)) ?? {};
          assert.deepEqual([username, ends, id], ['username', end, 'github|username']);
        }
        const listed = await collect(db.accessTokens.list({ username: 'username' }));
        assert.deepEqual(listed.map(({ jti }) => jti).toSorted(), ['jti_123', 'jti_digits', 'jti_ms']);
        t.clock.advance(2 * hour);
        assert.equal(await db.accessTokens.get('jti_digits'), null);
        assert.notEqual(await db.accessTokens.get('jti_123'), null);
      },
    },
    {
      name: 'may be nobody’s: the empty name, which the service copies from record to record, is no user’s',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const { clientId } = owner();
        const nobody = { username: '', clientId };
        const token = await service.refresh(nobody, { user_id: '' });
        const { username, user_id: id } = (await db.refreshTokens.get(token)) ?? { username: 'none' };
        assert.deepEqual([username, id], [undefined, undefined]);
        const tokens = () => ({ accessToken: { jti: made(16) }, refreshToken: { token: made() } });
        assert.equal((await db.refreshTokens.rotate(token, tokens)).status, 'rotated');
        const code = await service.code(nobody, { user_id: '' });
        assert.equal((await db.issue({ code, client_id: clientId, ...tokens() })).status, 'issued');
        const access = await db.accessTokens.get(await service.token(nobody, { sub: '' }));
        assert.deepEqual([access?.client_id, access?.username], [clientId, undefined]);
      },
    },
  ],
};
