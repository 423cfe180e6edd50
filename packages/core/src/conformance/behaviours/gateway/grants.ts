import assert from 'node:assert/strict';
import type { GrantOwner } from '../../../grants/owner.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour } from '../../tools.ts';
import { anyAlive } from '../grants/flow.ts';
import { everyMeeting } from '../grants/orders.ts';
import { made, owner, ServiceData, type Owner } from './service-data.ts';

const CONTENDERS = 50;

/** What the service has issued to a user by a client: two access tokens, a refresh token and a code. */
async function issued(
  service: ServiceData,
  mine: Owner,
): Promise<{ jtis: string[]; token: string; code: string }> {
  const jtis = [await service.token(mine), await service.token(mine)];
  return { jtis, token: await service.refresh(mine), code: await service.code(mine) };
}

async function jtisOf(db: OAuthDatabase, of: GrantOwner): Promise<string[]> {
  return (await collect(db.accessTokens.list(of))).map(({ jti }) => jti).toSorted();
}

export const gatewayGrants: Behaviour = {
  name: 'grants beside the service of the gateway',
  cases: [
    {
      name: 'a code of the service is redeemed by one of fifty, for its client alone',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        const code = await service.code(mine);
        const redirect = { redirect_uri: 'http://localhost:8080/callback' };
        const wrong = await db.codes.consume(code, { client_id: 'other' });
        assert.equal(wrong.status, 'client_mismatch');
        const elsewhere = await db.codes.consume(code, {
          client_id: mine.clientId,
          redirect_uri: 'http://x/',
        });
        assert.equal(elsewhere.status, 'client_mismatch');
        const results = await contend<{ status: string }>(CONTENDERS, (i) => {
          if (i % 2 === 0) return db.codes.consume(code, { client_id: mine.clientId, ...redirect });
          const tokens = { accessToken: { jti: `${code}.${i}` }, refreshToken: { token: `${code}.${i}` } };
          return db.issue({ code, client_id: mine.clientId, ...redirect, ...tokens });
        });
        const won = results.filter(({ status }) => status === 'consumed' || status === 'issued');
        assert.equal(won.length, 1);
        assert.equal(results.filter(({ status }) => status === 'already_used').length, CONTENDERS - 1);
        assert.equal(await service.text('code', code), null);
      },
    },
    {
      name: 'tokens for a code of the service are the user’s, and on her list',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        const [jti, token] = [made(16), made()];
        const code = await service.code(mine);
        const tokens = { accessToken: { jti }, refreshToken: { token } };
        assert.equal((await db.issue({ code, client_id: mine.clientId, ...tokens })).status, 'issued');
        assert.deepEqual(await t.listed({ tag: `issued:user_tokens:${mine.username}`, shared: true }), [jti]);
        const refresh = JSON.parse((await service.text('refresh', token)) ?? '') as Record<string, unknown>;
        assert.deepEqual(
          [refresh['user_id'], refresh['username'], refresh['resources']],
          ['583231', mine.username, ['https://mcp-fetch.example.com']],
        );
        assert.equal(await db.accessTokens.revoke(jti), true);
        assert.equal(await service.text('token', jti), null);
      },
    },
    {
      name: 'a refresh token of the service rotates once, and is then nowhere that the service looks',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        const token = await service.refresh(mine);
        const results = await contend(CONTENDERS, (i) =>
          db.refreshTokens.rotate(token, () => ({ refreshToken: { token: `${token}.${i}` } })),
        );
        assert.equal(results.filter(({ status }) => status === 'rotated').length, 1);
        assert.equal(await service.text('refresh', token), null);
        const left = await t.listed({ prefix: 'issued:refresh:' });
        // Whoever came second was told that somebody has a copy, and all of the grant is gone.
        assert.deepEqual(left, []);
        assert.equal(await db.refreshTokens.get(token), null);
      },
    },
    {
      name: 'reuse of a rotated token ends all that the user has granted to the client, what the service issued included',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const [mine, other] = [owner(), owner()];
        const neighbour = { ...mine, clientId: other.clientId };
        const [theirs, kept] = [await issued(service, mine), await issued(service, neighbour)];
        const [second, jti] = [made(), made(16)];
        const next = { refreshToken: { token: second }, accessToken: { jti } };
        const rotated = await db.refreshTokens.rotate(theirs.token, () => next);
        assert.equal(rotated.status, 'rotated');
        assert.equal((await db.refreshTokens.get(second))?.username, mine.username);
        const reused = await db.refreshTokens.rotate(theirs.token, () => next);
        assert.equal(reused.status, 'reused');
        if (reused.status === 'reused')
          assert.deepEqual(reused.revoked, { accessTokens: 3, refreshTokens: 1, codes: 1, sessions: 0 });
        for (const one of [...theirs.jtis, jti]) assert.equal(await service.text('token', one), null);
        for (const one of [theirs.token, second]) assert.equal(await service.text('refresh', one), null);
        assert.deepEqual(await jtisOf(db, { username: mine.username }), kept.jtis.toSorted());
        assert.notEqual(await db.refreshTokens.get(kept.token), null);
      },
    },
    {
      name: 'reuse of a token that was issued here ends what the service issued for it, under whatever grant',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        for (const grant of [{}, { grant_id: made() }]) {
          const mine = owner();
          const of = { client_id: mine.clientId, username: mine.username, ...grant };
          const [code, first, second] = [made(), made(), made()];
          await db.codes.store(code, of);
          await db.issue({ code, client_id: mine.clientId, refreshToken: { token: first } });
          const jti = await service.token(mine);
          const next = { refreshToken: { token: second } };
          assert.equal((await db.refreshTokens.rotate(first, () => next)).status, 'rotated');
          const later = await service.token(mine);
          const reused = await db.refreshTokens.rotate(first, () => next);
          assert.equal(reused.status, 'reused');
          if (reused.status === 'reused')
            assert.deepEqual(reused.revoked, { accessTokens: 2, refreshTokens: 1, codes: 0, sessions: 0 });
          for (const one of [jti, later]) assert.equal(await service.text('token', one), null);
          assert.equal(await db.refreshTokens.get(second), null);
        }
      },
    },
    {
      name: 'two rotations of a token of the service have one successor, and its reuse is noticed, whenever they meet',
      run: async (t) => {
        const service = new ServiceData(t);
        await everyMeeting(t, async () => {
          const token = await service.refresh(owner());
          const successors = [made(), made()] as const;
          const rotate = (by: OAuthDatabase, to: string): Promise<{ status: string }> =>
            by.refreshTokens.rotate(token, () => ({ refreshToken: { token: to } }));
          return {
            slow: (slow) => rotate(slow, successors[0]),
            rival: (rival) => rotate(rival, successors[1]),
            holds: async (db) => {
              for (const one of successors) assert.equal(await db.refreshTokens.get(one), null);
            },
          };
        });
      },
    },
    {
      name: 'an issue under no named grant that meets the revocation of it brings nothing back',
      run: async (t) => {
        const service = new ServiceData(t);
        await everyMeeting(t, async (prepared) => {
          const mine = owner();
          const known = await prepared.refreshTokens.get(await service.refresh(mine));
          const [jti, token] = [made(16), made()];
          const tokens = { accessToken: { jti }, refreshToken: { token } };
          return {
            slow: (slow) => slow.issue({ client_id: mine.clientId, username: mine.username, ...tokens }),
            rival: (rival) => rival.revoke({ grantId: known?.grant_id ?? '' }),
            holds: async (db) => assert.equal(await anyAlive(db, { jti, token }), false),
          };
        });
      },
    },
    {
      name: 'a token that comes back to where it was, as from a backup, is still known as rotated',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const token = await service.refresh(owner());
        const text = (await service.text('refresh', token)) ?? '';
        const next = { refreshToken: { token: made() } };
        assert.equal((await db.refreshTokens.rotate(token, () => next)).status, 'rotated');
        await service.put('refresh', token, text);
        assert.equal((await db.refreshTokens.rotate(token, () => next)).status, 'reused');
        assert.equal(await service.text('refresh', token), null);
      },
    },
    {
      name: 'within the grace period a token of the service gets the same answer again',
      run: async (t) => {
        const db = await t.issuer({ rotation: { gracePeriod: 10_000, graceCount: 2 } });
        const service = new ServiceData(t);
        const token = await service.refresh(owner());
        const next = { refreshToken: { token: made() }, response: { a: 1 } };
        const first = await db.refreshTokens.rotate(token, () => next);
        const again = await db.refreshTokens.rotate(token, () => ({ refreshToken: { token: made() } }));
        assert.deepEqual(again, { ...first, retried: true });
        assert.equal(await service.text('refresh', token), null);
        t.clock.advance(10_000);
        assert.equal((await db.refreshTokens.rotate(token, () => next)).status, 'reused');
      },
    },
    {
      name: 'lists show what the service issued and what was issued here, each to its owner, whatever lies around',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const [mine, other] = [owner(), owner()];
        const [a, b] = [await issued(service, mine), await issued(service, other)];
        const [jti, token] = [made(16), made()];
        const here = { client_id: mine.clientId, username: mine.username };
        await db.issue({ ...here, accessToken: { jti }, refreshToken: { token } });
        // Neither of these says whose it is.
        await service.put('token', 'odd', 'no record');
        await service.put('token', 'bare', { scope: 's', expires_at: service.seconds(hour) });
        assert.deepEqual(await jtisOf(db, { username: mine.username }), [...a.jtis, jti].toSorted());
        assert.deepEqual(await jtisOf(db, { clientId: mine.clientId }), [...a.jtis, jti].toSorted());
        assert.deepEqual(await jtisOf(db, { clientId: other.clientId }), b.jtis.toSorted());
        const grant = (await db.refreshTokens.get(a.token))?.grant_id ?? '';
        assert.deepEqual(await jtisOf(db, { grantId: grant }), [...a.jtis, jti].toSorted());
        const refresh = await collect(db.refreshTokens.list({ username: mine.username }));
        assert.deepEqual(refresh.map(({ handle }) => handle).toSorted(), [a.token, token].toSorted());
        await service.client(mine.clientId);
        const clients = await collect(db.clients.list({ username: mine.username }));
        assert.deepEqual(
          clients.map(({ client_id: id }) => id),
          [mine.clientId],
        );
        const paged: string[] = [];
        for (let after: string | undefined; ;) {
          const page = await db.accessTokens.listPage({ clientId: mine.clientId }, { after });
          paged.push(...page.items.map((one) => one.jti));
          if (page.next === null) break;
          after = page.next;
        }
        assert.deepEqual([...new Set(paged)].toSorted(), [...a.jtis, jti].toSorted());
      },
    },
    {
      name: 'revocation finds what the service put on no list, more than a page of it, and nothing else',
      run: async (t) => {
        const service = new ServiceData(t);
        const owners: ((mine: Owner, grantId: string) => GrantOwner)[] = [
          ({ username }) => ({ username }),
          ({ clientId }) => ({ clientId }),
          (_mine, grantId) => ({ grantId }),
        ];
        const db = await t.issuer();
        for (const of of owners) {
          const [mine, other] = [owner(), owner()];
          const kept = await issued(service, other);
          const { token, code } = await issued(service, mine);
          await contend(600, () => service.refresh(mine));
          const grantId = (await db.refreshTokens.get(token))?.grant_id ?? '';
          const revoked = await db.revoke(of(mine, grantId));
          assert.deepEqual(revoked, { accessTokens: 2, refreshTokens: 601, codes: 1, sessions: 0 });
          assert.equal(await db.refreshTokens.get(token), null);
          assert.equal((await db.codes.consume(code, { client_id: mine.clientId })).status, 'not_found');
          assert.deepEqual(await t.listed({ tag: `issued:user_tokens:${mine.username}`, shared: true }), []);
          assert.notEqual(await db.refreshTokens.get(kept.token), null);
          assert.deepEqual(await jtisOf(db, { username: other.username }), kept.jtis.toSorted());
        }
      },
    },
    {
      name: 'a client is deleted with all that the service leaves behind: refresh tokens, codes and the lists',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const mine = owner();
        await service.client(mine.clientId);
        const { jtis, token, code } = await issued(service, mine);
        const { deleted, revoked } = await db.clients.delete(mine.clientId);
        assert.equal(deleted, true);
        assert.deepEqual(revoked, { accessTokens: 2, refreshTokens: 1, codes: 1, sessions: 0 });
        const left = await Promise.all([
          service.text('client', mine.clientId),
          service.text('refresh', token),
          service.text('code', code),
          ...jtis.map((jti) => service.text('token', jti)),
        ]);
        assert.deepEqual([...new Set(left)], [null]);
        assert.deepEqual(await t.listed({ tag: `issued:user_tokens:${mine.username}`, shared: true }), []);
      },
    },
    {
      name: 'a client of the service keeps its id, and is changed by two at once without a loss',
      run: async (t) => {
        const db = await t.issuer();
        const service = new ServiceData(t);
        const { clientId } = owner();
        await service.client(clientId);
        const again = await db.clients.register({ client_id: clientId, client_name: 'thief' });
        assert.equal(again.status, 'already_registered');
        await contend(10, (i) => db.clients.update(clientId, () => ({ [`member_${i}`]: i })));
        const client = await db.clients.get(clientId);
        assert.equal(client?.client_name, 'Ünï ☃ Client');
        for (let i = 0; i < 10; i++) assert.equal(client?.[`member_${i}`], i);
      },
    },
  ],
};
