import assert from 'node:assert/strict';
import { durableKinds } from '../../../operations/exported.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, fails, hour, refuses } from '../../tools.ts';
import { flow, issueTokens } from '../grants/flow.ts';
import { storeEverything } from '../secrets/everything.ts';
import { everythingIn, nameOf } from './copying.ts';

export const exporting: Behaviour = {
  name: 'exporting',
  cases: [
    {
      name: 'gives everything that is alive, with the moment at which it ends',
      run: async (t) => {
        const db = await t.issuer();
        if (!t.supports.scan) return fails(() => everythingIn(db), 'OAUTHDB_UNSUPPORTED');
        const e = await storeEverything(db, t);
        await db.storeToken('for ever', 'held');
        const all = new Map((await everythingIn(db)).map((one) => [nameOf(one), one]));
        const kinds = [...all.values()].map(({ kind }) => kind).toSorted();
        const [client, session] = [await db.clients.get(e.clientId), await db.sessions.get(e.session)];
        assert.deepEqual(kinds, [
          'client',
          'code',
          'held',
          'held',
          ...['refresh', 'refresh', 'session', 'state', 'token', 'token'],
        ]);
        assert.equal(all.get(`client ${e.clientId}`)?.expires_at, client?.expires_at);
        assert.equal(all.get(`session ${session?.handle}`)?.expires_at, session?.expires_at);
        const access = all.get(`token ${e.jti}`);
        assert.equal(access?.expires_at, (await db.accessTokens.get(e.jti))?.expires_at);
        assert.ok(access?.kind === 'token' && access.record['username'] === e.username);
        const held = all.get(`held ${e.heldKey}`);
        assert.ok(held?.kind === 'held' && held.value === e.held);
        const end = Date.parse(held.expires_at ?? '');
        const expected = t.at().now + hour;
        assert.ok(
          t.supports.clock ? end === expected : Math.abs(end - expected) < 30_000,
          held.expires_at ?? '',
        );
        assert.equal(all.get('held for ever')?.expires_at, null);
      },
    },
    {
      name: 'leaves out what is single use unless it is asked for',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        await storeEverything(db, t);
        const kinds = new Set((await collect(db.export())).map(({ kind }) => kind));
        assert.deepEqual([...kinds].toSorted(), [...durableKinds].toSorted());
        const codes = await collect(db.export({ kinds: ['code'] }));
        assert.deepEqual(
          codes.map(({ kind }) => kind),
          ['code'],
        );
      },
    },
    {
      name: 'leaves out what has ended',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        await db.sessions.store('short', { expires_at: t.clock.in(hour) });
        await db.sessions.store('long', { expires_at: t.clock.in(3 * hour) });
        t.clock.advance(2 * hour);
        const long = await db.sessions.get('long');
        assert.deepEqual((await everythingIn(db)).map(nameOf), [`session ${long?.handle}`]);
      },
    },
    {
      name: 'gives more than a page',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.database();
        const keys = Array.from({ length: 2300 }, (_, i) => `k${i}`);
        await db.storeTokens(keys.map((key) => ({ key, token: `token of ${key}` })));
        const found = new Set<string>();
        for await (const one of db.export({ kinds: ['held'] })) {
          assert.ok(one.kind === 'held' && one.value === `token of ${one.key}`);
          found.add(one.key);
        }
        assert.deepEqual([...found].toSorted(), keys.toSorted());
      },
    },
    {
      name: 'can be left in the middle',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.database();
        await db.storeTokens(Array.from({ length: 1200 }, (_, i) => ({ key: `k${i}`, token: 't' })));
        for await (const one of db.export()) {
          assert.equal(one.kind, 'held');
          break;
        }
        assert.equal(await db.getToken('k0'), 't');
      },
    },
    {
      name: 'refuses a kind that is none',
      run: async (t) => {
        const db = await t.database();
        await refuses(() => collect(db.export({ kinds: ['tokens' as 'token'] })), /kinds/);
        await refuses(() => collect(db.export({ kinds: 'token' as never })), /kinds/);
      },
    },
    {
      name: 'says how a database is, and leaves nothing behind',
      run: async (t) => {
        const db = await t.issuer();
        const { status, backend, writeMs, readMs } = await db.health();
        assert.deepEqual([status, backend], ['ok', t.driver.name]);
        assert.ok(writeMs !== null && writeMs >= 0 && readMs >= 0);
        if (t.supports.scan) assert.deepEqual(await t.listed({ prefix: '' }), []);
      },
    },
    {
      name: 'says what endangers tokens, what that means, and what to do',
      run: async (t) => {
        const db = await t.issuer();
        for (const { code, severity, ...texts } of await db.check()) {
          assert.match(code, /^[a-z]+(_[a-z]+)*$/);
          assert.ok(['error', 'warning', 'info'].includes(severity));
          for (const text of [texts.message, texts.meaning, texts.remedy]) assert.ok(text.length > 0, code);
        }
      },
    },
    {
      name: 'counts what there is, and how long it lives',
      run: async (t) => {
        const db = await t.issuer();
        if (!t.supports.scan) return fails(() => db.stats(), 'OAUTHDB_UNSUPPORTED');
        await storeEverything(db, t);
        await issueTokens(db, flow());
        await db.storeToken('for ever', 'held');
        await db.sessions.store('s', { expires_at: t.clock.in(30 * 60_000) });
        const stats = await db.stats();
        const counts = Object.entries(stats).flatMap(([kind, one]) =>
          typeof one === 'object' && one !== null && 'count' in one ? [[kind, one.count] as const] : [],
        );
        const expected = { held: 2, client: 1, state: 1, code: 1, token: 3, refresh: 2, session: 2 };
        assert.deepEqual(Object.fromEntries(counts), expected);
        assert.deepEqual([stats.rotated, stats.unreadable], [1, 0]);
        assert.deepEqual([stats.held.withoutExpiry, stats.session.withoutExpiry], [1, 0]);
        assert.deepEqual([stats.session.expiringWithinHour, stats.token.expiringWithinDay], [1, 0]);
        assert.ok(stats.held.bytes > 2 * t.key('held:').length);
        assert.ok(stats.lists !== null && stats.lists.lists > 0 && stats.lists.members >= 6);
        assert.equal((await db.stats({ lists: false })).lists, null);
      },
    },
    {
      name: 'tells how far it is, entry by entry and list by list',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        await storeEverything(db, t);
        const told: number[] = [];
        const onProgress = (examined: number): void => void told.push(examined);
        const { lists } = await db.stats({ onProgress });
        assert.deepEqual(
          told,
          told.toSorted((a, b) => a - b),
        );
        const entries = told.splice(0).at(-1) ?? 0;
        assert.ok(lists !== null && entries > lists.members, `${entries}`);
        await db.purge({ dryRun: true, onProgress });
        assert.equal(told.at(-1), t.supports.transactions ? entries : entries - lists.members);
      },
    },
  ],
};
