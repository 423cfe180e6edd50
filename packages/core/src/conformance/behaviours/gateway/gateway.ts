import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { DatabaseOptions } from '../../../options.ts';
import type { Context } from '../../context.ts';
import { serviceFault, type ServiceKind } from '../../gateway/service.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, hour, refuses } from '../../tools.ts';
import { day, made, onKeys, owner, ServiceData } from './service-data.ts';

const kinds: readonly ServiceKind[] = ['client', 'state', 'code', 'token', 'refresh'];

/** Every record of the case that the service would read, and what it could not do with one. */
async function faults(t: Context): Promise<{ seen: Record<string, number>; faults: string[] }> {
  const seen: Record<string, number> = {};
  const found: string[] = [];
  for (const kind of kinds) {
    const prefix = `issued:${kind}:`;
    for (const key of await t.listed({ prefix })) {
      const fault = serviceFault(kind, (await t.value(key.slice(t.prefix.length))) ?? '');
      seen[kind] = (seen[kind] ?? 0) + 1;
      if (fault !== null) found.push(`${kind}: ${fault}`);
    }
  }
  return { seen, faults: found };
}

/** How long a key lives, in whole seconds. */
async function lifeOf(t: Context, name: string): Promise<number | null> {
  const [left] = await t.driver.timeLeft([t.key(name)], t.at());
  return left === null || left === undefined ? null : Math.round(left / 1000);
}

export const gateway: Behaviour = {
  name: 'the layout of the gateway',
  cases: [
    {
      name: 'refuses what the service could not read',
      run: async (t) => {
        const refused: [DatabaseOptions, RegExp][] = [
          [{ secrets: { keys: [{ id: 'k1', key: randomBytes(32) }] } }, /secrets\.keys .*'gateway'/],
          [{ secrets: { pepper: randomBytes(32) } }, /secrets\.pepper/],
          [{ handles: 'hashed' }, /handles .*'gateway'/],
          [{ serverKeyPrefix: 'a{b:' }, /serverKeyPrefix .*'gateway'/],
          [{ serverKeyPrefix: '{}a:' }, /serverKeyPrefix .*'gateway'/],
          [{ serverKeyPrefix: '{a}{b}:' }, /serverKeyPrefix .*'gateway'/],
        ];
        for (const [options, says] of refused) await refuses(() => t.database(options), says);
      },
    },
    {
      name: 'is written so that the service can read all of it, whatever was left out',
      run: async (t) => {
        const db = await t.issuer();
        const { username, clientId } = owner();
        const uris = ['http://localhost:8080/callback'];
        await db.clients.register({
          client_id: clientId,
          client_secret: 's',
          redirect_uris: uris,
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          client_name: 'Ünï ☃',
          client_secret_expires_at: 0,
          client_id_issued_at: 1_700_000_000,
        });
        await db.clients.register({ client_id: `${clientId}.bare`, expires_at: null });
        await db.clients.update(clientId, { redirect_uris: [...uris, 'https://app.example.com/cb'] });
        await db.states.store(made(), { client_id: clientId });
        await db.states.store(made(), {
          client_id: clientId,
          redirect_uri: 'http://localhost:8080/callback',
          state: 's',
          resource: 'https://mcp.example.com',
        });
        await db.codes.store(made(), { client_id: clientId });
        const code = made();
        await db.codes.store(code, { client_id: clientId, username, resource: ['https://a', 'https://b'] });
        const [first, second] = [made(), made()];
        const tokens = { accessToken: { jti: made(16), expires_at: null }, refreshToken: { token: first } };
        const issued = await db.issue({ code, client_id: clientId, ...tokens });
        assert.equal(issued.status, 'issued');
        await db.refreshTokens.store({ token: made(), client_id: clientId, expires_at: null });
        await db.refreshTokens.rotate(first, () => ({
          refreshToken: { token: second },
          accessToken: { jti: made(16) },
        }));
        const { seen, faults: found } = await faults(t);
        assert.deepEqual(found, []);
        assert.deepEqual(seen, { client: 2, state: 2, code: 1, token: 2, refresh: 2 });
        const { resources } = JSON.parse((await t.value(`issued:refresh:${second}`)) ?? '') as {
          resources: unknown;
        };
        assert.deepEqual(resources, ['https://a', 'https://b']);
      },
    },
    {
      name: 'has the lives of the service: of a code a year, unless it is said otherwise',
      run: async (t) => {
        const db = await onKeys(t, { lifetimes: {} });
        const [code, short, state, jti, token] = [made(), made(), made(), made(16), made()];
        const { clientId } = owner();
        await db.clients.register({ client_id: clientId });
        await db.clients.register({ client_id: `${clientId}.kept`, expires_at: null });
        await db.codes.store(code, { client_id: clientId });
        const soon = new Date(t.at().now + 10_000);
        await db.codes.store(short, { client_id: clientId, expires_at: soon });
        await db.states.store(state, { client_id: clientId });
        await db.accessTokens.store({ jti, client_id: clientId });
        await db.refreshTokens.store({ token, client_id: clientId });
        const lives: [string, number][] = [
          [`client:${clientId}`, 90 * day],
          [`client:${clientId}.kept`, Infinity],
          [`code:${code}`, 365 * day],
          [`code:${short}`, 10_000],
          [`state:${state}`, 5 * 60_000],
          [`token:${jti}`, 30 * day],
          [`refresh:${token}`, 365 * day],
        ];
        for (const [name, life] of lives) {
          const left = (await lifeOf(t, `issued:${name}`)) ?? 0;
          // It has become a little less, on a machine that is busy.
          assert.ok(left <= life / 1000 && left + 9 >= Math.min(life / 1000, Number.MAX_VALUE), name);
        }
        const eternal = await onKeys(t, { lifetimes: { client: null } });
        await eternal.clients.register({ client_id: `${clientId}.eternal` });
        assert.equal(await lifeOf(t, `issued:client:${clientId}.eternal`), Infinity);
        // The service's script that clears what has ended takes a refresh token whose key has no end.
        const endless = { token: made(), client_id: clientId, expires_at: null };
        assert.equal((await db.refreshTokens.store(endless)).expires_at, null);
        const left = (await lifeOf(t, `issued:refresh:${endless.token}`)) ?? 0;
        assert.ok(left > (100 * 365 * day) / 1000 && left < Infinity);
        assert.equal((await db.refreshTokens.get(endless.token))?.expires_at, null);
      },
    },
    {
      name: 'spells the keys as the service does, whatever stands in them',
      run: async (t) => {
        const db = await t.issuer();
        for (const id of ['https://app.example.com/a%20b', '{x}', '50%', 'a}b{c', '%7Bx%7D']) {
          await db.clients.register({ client_id: id, client_name: id });
          assert.equal((await db.clients.get(id))?.client_name, id);
          assert.notEqual(await t.value(`issued:client:${id}`), null);
          await db.accessTokens.store({ jti: id, client_id: id, username: id });
          assert.notEqual(await t.value(`issued:token:${id}`), null);
          assert.deepEqual(await t.listed({ tag: `issued:user_tokens:${id}`, shared: true }), [id]);
          assert.equal(await db.accessTokens.revoke(id), true);
          const token = `${id}.${made()}`;
          await db.refreshTokens.store({ token, client_id: id, username: id });
          const next = { refreshToken: { token: `${token}.2` } };
          assert.equal((await db.refreshTokens.rotate(token, () => next)).status, 'rotated');
          assert.equal((await db.refreshTokens.rotate(token, () => next)).status, 'reused');
        }
        assert.equal((await collect(db.clients.list())).length, 5);
      },
    },
    {
      name: 'loses nothing that the service wrote: what is read and written back says the same, unknown members included',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        const odd = {
          x_note: { a: [1, 'two', null] },
          _created_at: 1,
          'x-y': '',
          contacts: ['ops@example.com'],
        };
        await service.client(mine.clientId, odd);
        const [code, refresh, jti] = [
          await service.code(mine, odd),
          await service.refresh(mine, odd),
          await service.token(mine, { ...odd, email: 'octocat@example.com', name: 'The Octocat' }),
        ];
        const [state, next] = [made(), made()];
        await service.put('state', state, { ...service.request(mine.clientId), ...odd });
        const texts = (): Promise<(string | null)[]> =>
          Promise.all([
            service.text('client', mine.clientId),
            service.text('code', code),
            service.text('token', jti),
            service.text('refresh', refresh),
          ]);
        const before = await texts();
        const stateBefore = JSON.parse((await service.text('state', state)) ?? '') as object;
        await db.clients.update(mine.clientId, {});
        const codeRecord = await db.codes.peek(code);
        assert.ok(codeRecord !== null);
        await db.codes.store(code, codeRecord);
        const tokenRecord = await db.accessTokens.get(jti);
        assert.ok(tokenRecord !== null);
        await db.accessTokens.store(tokenRecord);
        const refreshRecord = await db.refreshTokens.get(refresh);
        assert.ok(refreshRecord !== null);
        await db.refreshTokens.store({ ...refreshRecord, token: refresh });
        const consumed = await db.states.consume(state);
        assert.equal(consumed.status, 'consumed');
        if (consumed.status === 'consumed') {
          const { expires_at: _end, ...request } = consumed.state;
          await db.states.store(next, request);
        }
        const after = [...(await texts()), await service.text('state', next)];
        for (const [i, text] of [...before, JSON.stringify(stateBefore)].entries()) {
          const was = JSON.parse(text ?? '') as Record<string, unknown>;
          const is = JSON.parse(after[i] ?? '') as Record<string, unknown>;
          for (const [name, value] of Object.entries(was)) {
            assert.deepEqual(is[name], value, `${kinds[i]}: ${name}`);
          }
        }
        assert.deepEqual((await faults(t)).faults, []);
      },
    },
    {
      name: 'gives back what was stored, to the millisecond, in whatever form it stands there',
      run: async (t) => {
        const db = await t.issuer();
        const { username, clientId } = owner();
        const at = new Date(t.clock.now() + hour + 123).toISOString();
        const odd = {
          resources: ['x'],
          resource: 'y',
          oauthdb: { of: 'x' },
          created_at: 'long ago',
          email: 1,
          name: null,
        };
        const members = { ...odd, __proto__: null, scope: undefined, expires_at: at };
        const [code, token, jti] = [made(), made(), made(16)];
        const client = {
          ...odd,
          client_id: clientId,
          redirect_uris: [],
          grant_types: undefined,
          handle: 'h',
          expires_at: at,
        };
        const registered = await db.clients.register(client);
        assert.ok(registered.status === 'registered');
        const found = await db.clients.get(clientId);
        const { grant_types: _none, ...said } = client;
        if (t.supports.clock || found?.expires_at === at) assert.deepEqual(found, said);
        else assert.deepEqual({ ...found, expires_at: at }, said);
        const stored = await db.codes.store(code, { ...members, client_id: clientId, username });
        assert.deepEqual(await db.codes.peek(code), stored);
        const access = await db.accessTokens.store({
          ...members,
          jti,
          client_id: clientId,
          username: undefined,
        });
        assert.deepEqual(await db.accessTokens.get(jti), access);
        const refresh = await db.refreshTokens.store({
          ...members,
          token,
          client_id: clientId,
          issued_at: 'then',
        });
        assert.deepEqual(await db.refreshTokens.get(token), refresh);
      },
    },
  ],
};
