import assert from 'node:assert/strict';
import { exportedKinds, type Exported, type Removed } from '../../../operations/exported.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Imported } from '../../../operations/import.ts';
import type { Context } from '../../context.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour, refuses } from '../../tools.ts';
import { flow, issueTokens, redirectUri, storeCode, successors } from '../grants/flow.ts';
import { assertReadable, assertUsable, storeEverything } from '../secrets/everything.ts';
import { canonical, comparable, elsewhere, everythingIn } from './copying.ts';

const modes = ['merge', 'skip', 'replace'] as const;

const nothing: Imported = {
  stored: 0,
  replaced: 0,
  kept: 0,
  expired: 0,
  refused: 0,
  removed: 0,
  unreadable: 0,
};

/** Two databases in one store, and all that is in the first one. */
async function copied(t: Context): Promise<{ to: OAuthDatabase; all: Exported[] }> {
  const from = await t.issuer();
  await storeEverything(from, t);
  return { to: await t.issuer(elsewhere(t)), all: await everythingIn(from) };
}

function held(key: string, value: string, end: Date | null): Exported {
  return { kind: 'held', key, value, expires_at: end === null ? null : end.toISOString() };
}

export const importing: Behaviour = {
  name: 'importing',
  cases: [
    {
      name: 'gives a database that answers as the one that it came from',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [from, to] = [await t.issuer(), await t.issuer(elsewhere(t))];
        const e = await storeEverything(from, t);
        const { stored, ...rest } = await to.import(from.export({ kinds: exportedKinds }));
        assert.deepEqual({ stored, ...rest }, { ...nothing, stored: 9 });
        assert.deepEqual(comparable(await everythingIn(to), t), comparable(await everythingIn(from), t));
        await assertReadable(to, e);
        await assertUsable(to, e);
      },
    },
    {
      name: 'changes nothing the second time',
      run: async (t) => {
        if (!t.supports.scan) return;
        const { to, all } = await copied(t);
        await to.import(all);
        const before = comparable(await everythingIn(to), t);
        assert.deepEqual(await to.import(all), { ...nothing, kept: all.length });
        assert.deepEqual(comparable(await everythingIn(to), t), before);
      },
    },
    {
      name: 'keeps every odd key and every odd text as they were',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [from, to] = [await t.issuer(), await t.issuer(elsewhere(t))];
        const odd = [
          ' ',
          '\0',
          'a\nb',
          '{}',
          '}{',
          'a}b{c',
          '*',
          '%',
          '%7B',
          '__proto__',
          'é',
          'e\u0301',
          '\u{1f600}',
          '"',
          '\\',
        ];
        for (const text of odd) {
          await from.storeToken(text, text);
          await from.clients.register({ client_id: text, client_name: text });
          const named = { client_id: text, username: text, grant_id: text, ['__proto__']: text };
          await from.accessTokens.store({ ...named, jti: text });
          // JSON.parse of V8 13 takes an escaped name for one of the same length with a backslash that it has seen before.
          const name = text === '\\' ? 'backslash' : text;
          await from.sessions.store(text, { username: text, [name]: [text, { [name]: null }] });
        }
        await to.import(from.export());
        assert.deepEqual(comparable(await everythingIn(to), t), comparable(await everythingIn(from), t));
        for (const text of odd) {
          assert.equal((await to.clients.get(text))?.client_name, text, JSON.stringify(text));
          assert.equal((await to.revoke({ username: text })).accessTokens, 1, JSON.stringify(text));
        }
      },
    },
    {
      name: 'lets nothing live longer than it did, nor for ever',
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        const ended = held('ended', 'token', t.clock.in(-1));
        const ending = held('ending', 'token', t.clock.in(hour));
        const session: Exported = {
          kind: 'session',
          id: 'abc',
          handles: to.handles,
          expires_at: t.clock.in(hour).toISOString(),
          // Another program's, which does not say when it ends.
          record: { username: 'u' },
        };
        const done = await to.import([ended, ending, session]);
        assert.deepEqual(done, { ...nothing, stored: 2, expired: 1 });
        assert.equal(await to.getToken('ended'), null);
        const expiry = await to.getTokenExpiry('ending');
        assert.ok(Math.abs((expiry?.expiresAt?.getTime() ?? 0) - t.clock.now() - hour) < 30_000);
        const list = async (): Promise<number> => (await collect(to.sessions.list({ username: 'u' }))).length;
        assert.equal(await list(), 1);
        t.clock.advance(hour + 1);
        assert.equal(await list(), 0);
        if (t.supports.clock) assert.equal(await to.getToken('ending'), null);
      },
    },
    {
      name: 'gives what is single use an end in any case',
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        const record = { client_id: 'c' };
        await to.import([{ kind: 'code', id: 'abc', handles: to.handles, expires_at: null, record }]);
        const [{ expires_at: end } = { expires_at: null }] = t.supports.scan
          ? await everythingIn(to)
          : [{ expires_at: t.clock.in(1).toISOString() }];
        assert.ok(end !== null && Date.parse(end) <= t.clock.now() + hour);
      },
    },
    {
      name: 'lets the newer of two stay, whichever comes',
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        const sooner = held('k', 'older', t.clock.in(hour));
        const later = held('k', 'newer', t.clock.in(2 * hour));
        for (const [first, second, what] of [
          [sooner, later, 'replaced'],
          [later, sooner, 'kept'],
        ] as const) {
          await to.deleteToken('k');
          await to.import([first]);
          assert.deepEqual(await to.import([second]), { ...nothing, [what]: 1 });
          assert.equal(await to.getToken('k'), 'newer');
        }
        const client = (name: string, created: string): Exported => {
          const record = { client_id: 'c', client_name: name, created_at: created, expires_at: null };
          return { kind: 'client', id: 'c', expires_at: null, record };
        };
        await to.import([client('newer', '2020-02-02T00:00:00.000Z')]);
        await to.import([client('older', '2020-01-01T00:00:00.000Z')]);
        assert.equal((await to.clients.get('c'))?.client_name, 'newer');
        await to.import([client('newest', '2020-03-03T00:00:00.000Z')]);
        assert.equal((await to.clients.get('c'))?.client_name, 'newest');
      },
    },
    {
      name: 'leaves what is there, or replaces it, as it is told',
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        await to.storeToken('k', 'there', t.clock.in(hour));
        const comes = held('k', 'comes', t.clock.in(2 * hour));
        assert.deepEqual(await to.import([comes], { mode: 'skip' }), { ...nothing, kept: 1 });
        assert.equal(await to.getToken('k'), 'there');
        const sooner = held('k', 'comes', t.clock.in(hour / 2));
        assert.deepEqual(await to.import([sooner], { mode: 'replace' }), { ...nothing, replaced: 1 });
        assert.equal(await to.getToken('k'), 'comes');
      },
    },
    {
      name: 'compares two databases, where it replaces and only says so',
      run: async (t) => {
        if (!t.supports.scan) return;
        const { to, all } = await copied(t);
        await to.import(all);
        const compare = (): Promise<Imported> => to.import(all, { mode: 'replace', dryRun: true });
        assert.deepEqual(await compare(), { ...nothing, kept: all.length });
        const token = all.find(({ kind }) => kind === 'held');
        assert.ok(token?.kind === 'held');
        await to.storeToken(token.key, 'another', t.clock.in(hour));
        assert.deepEqual(await compare(), { ...nothing, kept: all.length - 1, replaced: 1 });
        await to.deleteToken(token.key);
        assert.deepEqual(await compare(), { ...nothing, kept: all.length - 1, stored: 1 });
      },
    },
    {
      name: 'removes what is named as removed, off its lists, too',
      run: async (t) => {
        if (!t.supports.scan) return;
        const { to, all } = await copied(t);
        await to.import(all);
        const token = all.find((one) => one.kind === 'token');
        assert.ok(token?.kind === 'token');
        const gone = all.map((one): Removed =>
          one.kind === 'held'
            ? { kind: 'held', key: one.key, removed: true }
            : { kind: one.kind, id: one.id, handles: one.handles, removed: true },
        );
        assert.deepEqual(await to.import(gone, { dryRun: true }), { ...nothing, removed: all.length });
        assert.deepEqual(await to.import(gone), { ...nothing, removed: all.length });
        assert.deepEqual(await to.import(gone), nothing);
        assert.deepEqual(await everythingIn(to), []);
        if (t.supports.transactions)
          assert.deepEqual(
            await t.listed({ tag: `there:user_tokens:${String(token.record['username'])}`, shared: true }),
            [],
          );
      },
    },
    {
      name: 'makes nothing valid again that was rotated here, in any mode',
      run: async (t) => {
        if (!t.supports.scan) return;
        for (const mode of modes) {
          const db = await t.issuer();
          const f = flow();
          const { token } = await issueTokens(db, f);
          const before = await everythingIn(db);
          const { next, token: successor } = successors();
          await db.refreshTokens.rotate(token, next);
          const { refused } = await db.import(
            before.filter(({ kind }) => kind === 'refresh'),
            { mode },
          );
          assert.ok(refused >= 1, mode);
          assert.equal(await db.refreshTokens.get(token), null, mode);
          assert.equal((await db.refreshTokens.get(successor))?.grant_id, f.grantId, mode);
          assert.equal((await db.refreshTokens.rotate(token, next)).status, 'reused', mode);
        }
      },
    },
    {
      name: 'knows what was rotated elsewhere as rotated here',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [from, to] = [await t.issuer(), await t.issuer(elsewhere(t))];
        const { token } = await issueTokens(from, flow());
        await to.import(from.export());
        await from.refreshTokens.rotate(token, successors().next);
        const { replaced, stored } = await to.import(from.export());
        // A layout may keep the memory of a rotation apart.
        assert.equal(replaced + stored, 3);
        assert.equal(await to.refreshTokens.get(token), null);
        assert.equal((await to.refreshTokens.rotate(token, successors().next)).status, 'reused');
      },
    },
    {
      name: 'makes nothing valid again that was used here, in any mode',
      run: async (t) => {
        if (!t.supports.scan) return;
        for (const mode of modes) {
          const db = await t.issuer();
          const f = flow();
          const code = await storeCode(db, f);
          await db.states.store(`state ${f.grantId}`, { client_id: f.clientId });
          const before = await everythingIn(db);
          const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
          await db.codes.consume(code, redemption);
          await db.states.consume(`state ${f.grantId}`);
          const used = before.filter(({ kind }) => kind === 'code' || kind === 'state');
          assert.equal((await db.import(used, { mode, dryRun: true })).refused, used.length, mode);
          assert.equal((await db.import(used, { mode })).refused, used.length, mode);
          assert.equal((await db.codes.consume(code, redemption)).status, 'already_used', mode);
          assert.equal((await db.states.consume(`state ${f.grantId}`)).status, 'already_used', mode);
        }
      },
    },
    {
      name: 'says what it would do, and does nothing',
      run: async (t) => {
        if (!t.supports.scan) return;
        const { to, all } = await copied(t);
        for (const mode of modes) {
          const would = await to.import(all, { mode, dryRun: true });
          assert.deepEqual(would, { ...nothing, stored: all.length }, mode);
        }
        assert.deepEqual(await everythingIn(to), []);
        assert.deepEqual(await to.import(all), { ...nothing, stored: all.length });
        assert.deepEqual(await to.import(all, { dryRun: true }), { ...nothing, kept: all.length });
      },
    },
    {
      name: 'takes in more than a piece, and keys that come twice',
      run: async (t) => {
        const to = await t.database(elsewhere(t));
        const many = Array.from({ length: 1700 }, (_, i) => held(`k${i % 1500}`, 'token', null));
        const { stored, kept } = await to.import(many);
        assert.deepEqual([stored, kept], [1500, 200]);
        assert.deepEqual(await to.getTokens(['k0', 'k1499']), ['token', 'token']);
      },
    },
    {
      name: 'can be done by several at once',
      run: async (t) => {
        if (!t.supports.scan) return;
        const { to, all } = await copied(t);
        const others = await contend(5, () => t.issuer(elsewhere(t)));
        const done = await Promise.all(others.map((db) => db.import(all)));
        const stored = done.reduce((sum, one) => sum + one.stored, 0);
        assert.equal(stored, all.length);
        assert.deepEqual(comparable(await everythingIn(to), t), comparable(all, t));
      },
    },
    {
      name: 'refuses what no export gives, and does not show it',
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        const record = { client_id: 'a' };
        const bad: [unknown, RegExp][] = [
          [null, /received null/],
          ['secret', /received a string/],
          [{ kind: 'secret' }, /kind/],
          [{ kind: 'held', key: '', value: 'secret', expires_at: null }, /empty/],
          [{ kind: 'held', key: 'k', value: 1, expires_at: null }, /value/],
          [{ kind: 'held', key: 'k', value: 'secret' }, /expires_at/],
          [{ kind: 'held', key: 'k', value: 'secret', expires_at: 'soon' }, /expires_at/],
          [{ kind: 'client', id: 'secret', expires_at: null, record }, /client_id/],
          [{ kind: 'client', id: 'a', expires_at: null, record: 'secret' }, /record/],
        ];
        for (const [one, says] of bad) await refuses(() => to.import([one as Exported]), says, 'secret');
        await refuses(() => to.import([], { mode: 'overwrite' as never }), /mode/);
        await refuses(() => to.import([], { dryRun: 'no' as never }), /dryRun/);
        if (t.supports.scan) assert.deepEqual((await everythingIn(to)).map(canonical), []);
      },
    },
  ],
};
