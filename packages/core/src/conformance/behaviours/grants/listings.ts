import assert from 'node:assert/strict';
import type { RecordPage } from '../../../grants/listing.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour, refuses } from '../../tools.ts';
import { flow, issueTokens, secret, successors } from './flow.ts';

export const grantListings: Behaviour = {
  name: 'lists of what was issued',
  cases: [
    {
      name: 'come in pages or as a stream, none missing, none of others',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        await issueTokens(db, flow());
        const jtis = Array.from({ length: 1200 }, (_, i) => `jti-${f.grantId}-${i}`).toSorted();
        await contend(1200, (i) =>
          db.accessTokens.store({ jti: jtis[i] ?? '', client_id: f.clientId, username: f.username }),
        );
        for (const owner of [{ username: f.username }, { clientId: f.clientId }]) {
          const streamed = new Set((await collect(db.accessTokens.list(owner))).map(({ jti }) => jti));
          assert.deepEqual([...streamed].toSorted(), jtis);
          const paged = new Set<string>();
          for (let after: string | undefined, pages = 0; ; pages++) {
            assert.ok(pages < 1000, 'the pages never end');
            const { items, next } = await db.accessTokens.listPage(owner, { after });
            for (const { jti } of items) paged.add(jti);
            if (next === null) break;
            after = next;
          }
          assert.deepEqual([...paged].toSorted(), jtis);
        }
      },
    },
    {
      name: 'tell which clients a user has granted something to',
      run: async (t) => {
        const db = await t.issuer();
        const { username } = flow();
        for (const clientId of ['a', 'b', 'c', 'd']) await db.clients.register({ client_id: clientId });
        await issueTokens(db, { clientId: 'a', username, grantId: 'g1' });
        await issueTokens(db, { clientId: 'a', username, grantId: 'g2' });
        await db.accessTokens.store({ jti: 'j', client_id: 'b', username });
        await issueTokens(db, { clientId: 'c', username: 'somebody else', grantId: 'g3' });
        await db.accessTokens.store({ jti: 'short', client_id: 'd', username, expires_at: t.clock.in(1000) });
        t.clock.advance(1000);
        const ids = (await collect(db.clients.list({ username }))).map((client) => client.client_id);
        assert.deepEqual(ids.toSorted(), ['a', 'b']);
        const paged = new Set<string>();
        for (let after: string | undefined; ;) {
          const { items, next } = await db.clients.listPage({ after });
          for (const client of items) paged.add(client.client_id);
          if (next === null) break;
          after = next;
        }
        assert.deepEqual([...paged].toSorted(), ['a', 'b', 'c', 'd']);
      },
    },
    {
      name: 'of every kind come in pages as well',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const { token } = await issueTokens(db, f);
        await db.refreshTokens.rotate(token, successors().next);
        for (const id of ['a', 'b']) await db.sessions.store(secret(id), { username: f.username });
        const pages = async <T>(page: (after?: string) => Promise<RecordPage<T>>): Promise<T[]> => {
          const items: T[] = [];
          for (let after: string | undefined; ;) {
            const { items: more, next } = await page(after);
            items.push(...more);
            if (next === null) return items;
            after = next;
          }
        };
        const { username } = f;
        const refresh = await pages((after) => db.refreshTokens.listPage({ username }, { after }));
        assert.equal(refresh.length, 1);
        assert.deepEqual(refresh, await collect(db.refreshTokens.list({ username })));
        const sessions = await pages((after) => db.sessions.listPage({ username }, { after }));
        assert.equal(new Set(sessions.map(({ handle }) => handle)).size, 2);
      },
    },
    {
      name: 'leave out what has expired',
      run: async (t) => {
        const db = await t.issuer();
        const { clientId, username } = flow();
        const store = (jti: string, life: number) =>
          db.accessTokens.store({ jti, client_id: clientId, username, expires_at: t.clock.in(life) });
        await store('short', 1000);
        await store('long', hour);
        t.clock.advance(1000);
        for (const owner of [{ username }, { clientId }]) {
          assert.deepEqual(
            (await collect(db.accessTokens.list(owner))).map(({ jti }) => jti),
            ['long'],
          );
        }
      },
    },
    {
      name: 'keep names of any form apart',
      run: async (t) => {
        const db = await t.issuer();
        const names = [
          'alice',
          'Alice',
          'github|alice',
          'user:1',
          'user:10',
          'a{b}c',
          'a%7Bb%7Dc',
          '*',
          'alice:expiry',
          '\0',
          '💥',
          '__proto__',
        ];
        for (const username of names) {
          await db.issue({
            client_id: username,
            username,
            accessToken: { jti: `of ${username}` },
            refreshToken: { token: `r ${username}` },
          });
        }
        for (const username of names) {
          for (const owner of [{ username }, { clientId: username }]) {
            assert.deepEqual(
              (await collect(db.accessTokens.list(owner))).map(({ jti }) => jti),
              [`of ${username}`],
              username,
            );
            assert.equal((await collect(db.refreshTokens.list(owner))).length, 1);
          }
        }
        assert.equal((await db.revoke({ username: 'user:1' })).accessTokens, 1);
        assert.notEqual(await db.accessTokens.get('of user:10'), null);
        await refuses(async () => collect(db.accessTokens.list({ username: '' })), /username/);
      },
    },
  ],
};
