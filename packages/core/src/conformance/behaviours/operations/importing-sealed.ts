import assert from 'node:assert/strict';
import type { Unreadable } from '../../../operations/walk.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, fails } from '../../tools.ts';
import { flow, issueTokens, successors } from '../grants/flow.ts';
import { assertReadable, assertUsable, newKey, sealing, storeEverything } from '../secrets/everything.ts';
import { elsewhere, everythingIn } from './copying.ts';

export const importingSealed: Behaviour = {
  name: 'exporting and importing what is sealed or hashed',
  isOfSecrets: true,
  cases: [
    {
      name: 'gives in clear what is sealed, and seals it under the keys of the other',
      run: async (t) => {
        if (!t.supports.scan) return;
        const from = await t.issuer(sealing(newKey('from')));
        const to = await t.issuer({ ...sealing(newKey('to')), ...elsewhere(t) });
        const e = await storeEverything(from, t);
        await to.import(await everythingIn(from));
        await assertReadable(to, e);
        const entry = await t.value(`there-held:${e.heldKey}`);
        assert.match(entry ?? '', /^oauthdb:1:to:/);
        await assertUsable(to, e);
      },
    },
    {
      name: 'ends at an entry that cannot be read, unless somebody is told of it',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer(sealing(newKey('one')));
        await db.storeToken('sealed', 'token');
        const other = await t.issuer(sealing(newKey('other')));
        await other.storeToken('readable', 'token');
        await fails(() => collect(other.export()), 'OAUTHDB_UNDECRYPTABLE');
        const told: Unreadable[] = [];
        const rest = await collect(other.export({ unreadable: (one) => told.push(one) }));
        assert.deepEqual(told, [{ kind: 'held', code: 'OAUTHDB_UNDECRYPTABLE' }]);
        assert.deepEqual(
          rest.map((one) => one.kind === 'held' && one.key),
          ['readable'],
        );
        assert.equal((await other.stats()).unreadable, 1);
      },
    },
    {
      name: 'leaves what cannot be read where it is, unless it is told to replace it',
      run: async (t) => {
        const db = await t.issuer(sealing(newKey('one')));
        await db.storeToken('k', 'there');
        const other = await t.issuer(sealing(newKey('other')));
        const comes = [{ kind: 'held', key: 'k', value: 'comes', expires_at: null }] as const;
        for (const mode of ['merge', 'skip'] as const) {
          assert.equal((await other.import(comes, { mode })).unreadable, 1, mode);
          assert.equal(await db.getToken('k'), 'there', mode);
        }
        assert.equal((await other.import(comes, { mode: 'replace' })).replaced, 1);
        assert.equal(await other.getToken('k'), 'comes');
      },
    },
    {
      name: 'hashes handles that were plain, so that everything is found under them',
      run: async (t) => {
        if (!t.supports.scan) return;
        const from = await t.issuer({ handles: 'plain', rotation: { gracePeriod: 60_000 } });
        const pepper = 'a pepper of enough bytes';
        const to = await t.issuer({
          secrets: { pepper },
          rotation: { gracePeriod: 60_000 },
          ...elsewhere(t),
        });
        const f = flow();
        const { token } = await issueTokens(from, f);
        const { next, token: successor } = successors();
        await from.refreshTokens.rotate(token, next);
        await from.sessions.store('session', { username: f.username });
        await to.import(await everythingIn(from));
        const keys = await t.listed({ prefix: 'there:' });
        assert.ok(!keys.join('\n').includes(token) && !keys.join('\n').includes(successor));
        assert.equal((await to.sessions.get('session'))?.username, f.username);
        // Within the grace period the answer of the first time is there, and says what is known here.
        const again = await to.refreshTokens.rotate(token, next);
        assert.ok(again.status === 'rotated' && again.retried && again.token === successor);
        assert.equal(again.refreshToken.handle, (await to.refreshTokens.get(successor))?.handle);
      },
    },
    {
      name: 'refuses handles that cannot be made here',
      run: async (t) => {
        if (!t.supports.scan) return;
        const from = await t.issuer();
        await issueTokens(from, flow());
        const all = await everythingIn(from);
        const others = [{ handles: 'plain' as const }, { secrets: { pepper: 'a pepper of enough bytes' } }];
        for (const [i, options] of others.entries()) {
          const there = { keyPrefix: `${t.prefix}there-held${i}:`, serverKeyPrefix: `${t.prefix}there${i}:` };
          const to = await t.issuer({ ...options, ...there });
          assert.notEqual(to.handles, from.handles);
          await fails(() => to.import(all.filter(({ kind }) => kind === 'refresh')), 'OAUTHDB_UNSUPPORTED');
          assert.equal((await to.import(all.filter(({ kind }) => kind === 'token'))).stored, 1);
        }
      },
    },
  ],
};
