import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour, refuses } from '../../tools.ts';
import { anyAlive, flow, issueTokens, storeCode, successors } from './flow.ts';

const metadata = {
  client_id: 'client_abc123',
  client_secret: 'secret_xyz789',
  client_name: 'My MCP Client',
  redirect_uris: ['http://localhost:8080/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  registration_access_token: 'reg-token123',
  software_statement: 'a member that nobody here knows',
  'x-nested': { a: [1, null, true, { b: 'ü' }] },
};

export const clients: Behaviour = {
  name: 'client registrations',
  cases: [
    {
      name: 'come back as they were stored, with members that nobody knows, for 90 days',
      run: async (t) => {
        const db = await t.issuer();
        const registered = await db.clients.register(metadata);
        const expected = {
          ...metadata,
          created_at: '2023-11-14T22:13:20.000Z',
          expires_at: new Date(t.clock.now() + 90 * 24 * hour).toISOString(),
        };
        assert.deepEqual(registered, { status: 'registered', client: expected });
        assert.deepEqual(await db.clients.get(metadata.client_id), expected);
        t.clock.advance(90 * 24 * hour - 1);
        assert.deepEqual(await db.clients.get(metadata.client_id), expected);
        t.clock.advance(1);
        assert.equal(await db.clients.get(metadata.client_id), null);
        assert.deepEqual(await collect(db.clients.list()), []);
      },
    },
    {
      name: 'live as long as they say, and for ever if they say so',
      run: async (t) => {
        const db = await t.issuer();
        const register = (client_id: string, expires_at: Date | string | null) =>
          db.clients.register({ client_id, expires_at });
        await register('date', t.clock.in(hour));
        await register('text', t.clock.in(hour).toISOString());
        await register('ever', null);
        t.clock.advance(hour - 1);
        for (const id of ['date', 'text', 'ever']) assert.notEqual(await db.clients.get(id), null);
        t.clock.advance(1);
        assert.deepEqual(await Promise.all(['date', 'text'].map((id) => db.clients.get(id))), [null, null]);
        t.clock.advance(100_000 * hour);
        assert.equal((await db.clients.get('ever'))?.expires_at, null);
        await refuses(() => register('bad', 'tomorrow'), /expires_at/);
        await refuses(() => register('bad', '2030-01-01T00:00:00'), /expires_at/);
        await refuses(() => register('bad', 1_800_000_000 as never), /expires_at/);
        assert.equal(await db.clients.get('bad'), null);
      },
    },
    {
      name: 'are made once: fifty who register one id find one that did',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        const answers = await contend(50, async (i) =>
          databases[i % 5]?.clients.register({ client_id: 'client_a', client_name: `of ${i % 2}` }),
        );
        assert.equal(answers.filter((answer) => answer?.status === 'registered').length, 1);
        assert.equal(answers.filter((answer) => answer?.status === 'already_registered').length, 49);
      },
    },
    {
      name: 'may be made again when they have expired or were deleted',
      run: async (t) => {
        const db = await t.issuer();
        await db.clients.register({ client_id: 'c', client_name: 'first', expires_at: t.clock.in(1000) });
        t.clock.advance(1000);
        assert.equal(
          (await db.clients.register({ client_id: 'c', client_name: 'second' })).status,
          'registered',
        );
        await db.clients.delete('c');
        assert.equal(
          (await db.clients.register({ client_id: 'c', client_name: 'third' })).status,
          'registered',
        );
        assert.equal((await db.clients.get('c'))?.client_name, 'third');
      },
    },
    {
      name: 'keep both of two changes that were made at once',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        await databases[0]?.clients.register(metadata);
        await contend(20, async (i) =>
          databases[i % 5]?.clients.update(metadata.client_id, { [`field_${i}`]: i }),
        );
        const client = await databases[0]?.clients.get(metadata.client_id);
        for (let i = 0; i < 20; i++) assert.equal(client?.[`field_${i}`], i);
        assert.equal(client?.client_name, metadata.client_name);
      },
    },
    {
      name: 'count every change: no update is lost',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        await databases[0]?.clients.register({ client_id: 'c', count: 0 });
        await contend(20, async (i) =>
          databases[i % 5]?.clients.update('c', ({ count }) => ({ count: Number(count) + 1 })),
        );
        assert.equal((await databases[0]?.clients.get('c'))?.['count'], 20);
      },
    },
    {
      name: 'lose a member that a change sets to undefined, and keep their id, age and life',
      run: async (t) => {
        const db = await t.issuer();
        await db.clients.register({ ...metadata, expires_at: t.clock.in(hour) });
        t.clock.advance(1000);
        const updated = await db.clients.update(metadata.client_id, {
          client_name: undefined,
          scope: 'mcp:*',
        });
        assert.deepEqual(await db.clients.get(metadata.client_id), updated);
        assert.equal(updated !== null && 'client_name' in updated, false);
        assert.equal(updated?.scope, 'mcp:*');
        assert.equal(updated?.created_at, '2023-11-14T22:13:20.000Z');
        assert.equal(updated?.expires_at, t.clock.in(hour - 1000).toISOString());
        await refuses(() => db.clients.update(metadata.client_id, { client_id: 'another' }), /client_id/);
        assert.equal((await db.clients.update(metadata.client_id, { expires_at: null }))?.expires_at, null);
      },
    },
    {
      name: 'are not brought back by a change that comes after their end',
      run: async (t) => {
        const db = await t.issuer();
        assert.equal(await db.clients.update('nobody', { client_name: 'x' }), null);
        await db.clients.register({ client_id: 'c', expires_at: t.clock.in(1000) });
        t.clock.advance(1000);
        assert.equal(await db.clients.update('c', { expires_at: null }), null);
        assert.equal(await db.clients.get('c'), null);
      },
    },
    {
      name: 'take everything issued to the client with them, and say how much',
      run: async (t) => {
        const db = await t.issuer();
        const [mine, other] = [flow(), flow()];
        await db.clients.register({ client_id: mine.clientId });
        const tokens = [
          await issueTokens(db, mine),
          await issueTokens(db, { ...mine, username: 'bob', grantId: 'g2' }),
        ];
        const code = await storeCode(db, mine);
        const kept = await issueTokens(db, { ...other, username: mine.username });
        assert.deepEqual(await db.clients.delete(mine.clientId), {
          deleted: true,
          revoked: { accessTokens: 2, refreshTokens: 2, codes: 1, sessions: 0 },
        });
        assert.equal(await anyAlive(db, ...tokens), false);
        assert.equal(await db.codes.peek(code), null);
        assert.equal(await db.clients.get(mine.clientId), null);
        assert.equal(await anyAlive(db, kept), true);
        assert.deepEqual(await collect(db.accessTokens.list({ clientId: mine.clientId })), []);
        const jtis = (await collect(db.accessTokens.list({ username: mine.username }))).map(({ jti }) => jti);
        assert.deepEqual(jtis, [kept.jti]);
        assert.equal((await db.clients.delete(mine.clientId)).deleted, false);
      },
    },
    {
      name: 'do not lapse under a live grant, unless they are asked to',
      run: async (t) => {
        for (const lapsingClients of [false, true]) {
          const db = await t.issuer({ lapsingClients });
          const f = flow();
          await db.clients.register({ client_id: f.clientId });
          const { token } = await issueTokens(db, f);
          t.clock.advance(364 * 24 * hour);
          const to = successors();
          assert.equal((await db.refreshTokens.rotate(token, to.next)).status, 'rotated');
          assert.equal((await db.clients.get(f.clientId)) === null, lapsingClients);
          t.clock.advance(364 * 24 * hour);
          assert.notEqual(await db.refreshTokens.get(to.token), null);
          assert.equal((await db.clients.get(f.clientId)) === null, lapsingClients);
        }
      },
    },
    {
      name: 'are listed, all of them and nothing else',
      run: async (t) => {
        const db = await t.issuer();
        const ids = Array.from({ length: 700 }, (_, i) => `client_${i}`).toSorted();
        await contend(700, (i) => db.clients.register({ client_id: ids[i] ?? '' }));
        await issueTokens(db, flow());
        const listed = new Set((await collect(db.clients.list())).map((client) => client.client_id));
        assert.deepEqual([...listed].toSorted(), ids);
      },
    },
    {
      name: 'keep ids of any form apart, and refuse what is none',
      run: async (t) => {
        const db = await t.issuer();
        const ids = [
          'a',
          'A',
          'a:b',
          'a%3Ab',
          '{a}',
          '%7Ba%7D',
          '*',
          '\0',
          '💥',
          '__proto__',
          ' ',
          'https://client.example/metadata.json',
        ];
        for (const client_id of ids) await db.clients.register({ client_id, said: client_id });
        for (const client_id of ids) assert.equal((await db.clients.get(client_id))?.['said'], client_id);
        assert.equal((await collect(db.clients.list())).length, ids.length);
        for (const bad of ['', undefined, null, 7, {}, '\ud800', 'x'.repeat(8193)] as string[]) {
          await refuses(() => db.clients.register({ client_id: bad }), /client_id/);
          await refuses(() => db.clients.get(bad), /client_id/);
          await refuses(() => db.clients.delete(bad), /client_id/);
        }
        await refuses(() => db.clients.register(null as never), /metadata must be an object/);
        await refuses(() => db.clients.register({ client_id: 'c', n: 1n }), /JSON/);
        assert.equal((await collect(db.clients.list())).length, ids.length);
      },
    },
    {
      name: 'are copies: nobody changes what is stored by changing them',
      run: async (t) => {
        const db = await t.issuer();
        const mine = structuredClone(metadata);
        const registering = db.clients.register(mine);
        mine.redirect_uris.push('http://evil.example/callback');
        await registering;
        const first = await db.clients.get(metadata.client_id);
        assert.ok(first !== null);
        (first.redirect_uris as string[]).push('http://evil.example/callback');
        assert.deepEqual((await db.clients.get(metadata.client_id))?.redirect_uris, metadata.redirect_uris);
      },
    },
  ],
};
