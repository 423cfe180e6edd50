import assert from 'node:assert/strict';
import type { GrantOwner } from '../../../grants/owner.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Exported, ExportedRecord, Removed } from '../../../operations/exported.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, hour } from '../../tools.ts';
import { flow, issueTokens, storeCode, successors, type Flow, type Tokens } from '../grants/flow.ts';
import { elsewhere, everythingIn } from './copying.ts';

const modes = ['merge', 'skip', 'replace'] as const;
const day = 24 * hour;

const owners: readonly (readonly [by: string, ownerOf: (f: Flow) => GrantOwner, kinds: readonly string[]])[] =
  [
    ['user', ({ username }) => ({ username }), ['code', 'token', 'refresh', 'session']],
    ['client', ({ clientId }) => ({ clientId }), ['code', 'token', 'refresh']],
    ['grant', ({ grantId }) => ({ grantId }), ['code', 'token', 'refresh']],
  ];

/** What one user has, of each kind, and a copy of it. */
interface Had extends Tokens {
  readonly f: Flow;
  readonly code: string;
  readonly session: string;
  readonly copy: readonly Exported[];
}

async function having(db: OAuthDatabase): Promise<Had> {
  const f = flow();
  await db.clients.register({ client_id: f.clientId });
  const tokens = await issueTokens(db, f);
  const code = await storeCode(db, f);
  const session = `session ${f.grantId}`;
  await db.sessions.store(session, { username: f.username });
  return { f, ...tokens, code, session, copy: await copyOf(db, f) };
}

/** All that is one's in a database. */
export async function copyOf(db: OAuthDatabase, f: Flow): Promise<ExportedRecord[]> {
  const all = (await everythingIn(db)).filter((one): one is ExportedRecord => one.kind !== 'held');
  return all.filter(({ record }) => record['client_id'] === f.clientId || record['username'] === f.username);
}

export function removed({ kind, id, handles }: ExportedRecord): Removed {
  return { kind, id, handles, removed: true };
}

/** The kinds of what is there. */
async function kindsOf(db: OAuthDatabase, f: Flow): Promise<string[]> {
  return (await copyOf(db, f)).map(({ kind }) => kind).toSorted();
}

/** Imports, looking only, and then in each mode: how much is refused, each time. */
async function refusedOf(db: OAuthDatabase, copy: readonly Exported[]): Promise<number[]> {
  const refused: number[] = [];
  for (const dryRun of [true, false])
    for (const mode of modes) refused.push((await db.import(copy, { mode, dryRun })).refused);
  return refused;
}

/** A record whose members are others. */
function withMembers(one: ExportedRecord, members: Record<string, unknown>): ExportedRecord {
  return { ...one, record: { ...one.record, ...members } };
}

async function tokenOf(db: OAuthDatabase, f: Flow): Promise<ExportedRecord> {
  const found = (await copyOf(db, f)).find(({ kind }) => kind === 'token');
  assert.ok(found !== undefined);
  return found;
}

async function assertRefused(db: OAuthDatabase, copy: readonly Exported[], about: string): Promise<void> {
  assert.deepEqual(await refusedOf(db, copy), Array(6).fill(copy.length), about);
}

export const importingRevoked: Behaviour = {
  name: 'importing what was revoked',
  cases: [
    {
      name: 'brings back nothing of a user, a client or a grant, in any mode',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        for (const [by, ownerOf, kinds] of owners) {
          const { f, copy } = await having(db);
          await db.revoke(ownerOf(f));
          const left = await kindsOf(db, f);
          assert.deepEqual(await refusedOf(db, copy), Array(6).fill(kinds.length), by);
          assert.deepEqual(await kindsOf(db, f), left, by);
          for (const kind of kinds) assert.ok(!left.includes(kind), `${by}: ${kind}`);
        }
      },
    },
    {
      name: 'brings back no token, no session and no registration that was revoked or deleted by itself',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const { f, jti, token, session, copy } = await having(db);
        await db.accessTokens.revoke(jti);
        await db.refreshTokens.revoke(token);
        await db.sessions.delete(session);
        const deleted = copy.filter(({ kind }) => kind !== 'client' && kind !== 'code');
        assert.equal(deleted.length, 3);
        await assertRefused(db, deleted, 'by itself');
        assert.deepEqual(await kindsOf(db, f), ['client', 'code']);
        await db.clients.delete(f.clientId);
        await assertRefused(db, copy, 'with its client');
        assert.deepEqual(await kindsOf(db, f), []);
      },
    },
    {
      name: 'brings back no token that was revoked by itself, though it would never have ended',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const f = flow();
        await db.accessTokens.store({ jti: `jti ${f.grantId}`, client_id: f.clientId, expires_at: null });
        const copy = await copyOf(db, f);
        await db.accessTokens.revoke(`jti ${f.grantId}`);
        t.clock.advance(10_000 * day);
        await assertRefused(db, copy, 'after ten thousand days');
      },
    },
    {
      name: 'knows a token as rotated elsewhere that was revoked by itself',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [from, to] = [await t.issuer(), await t.issuer(elsewhere(t))];
        const { token } = await issueTokens(from, flow());
        await to.import(from.export());
        await to.refreshTokens.revoke(token);
        await from.refreshTokens.rotate(token, successors().next);
        assert.equal((await to.import(from.export())).refused, 0);
        assert.equal((await to.refreshTokens.rotate(token, successors().next)).status, 'reused');
      },
    },
    {
      name: 'takes in what was issued since, and what is others’',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const [{ f, copy: old }, other] = [await having(db), await having(db)];
        await db.revoke({ username: f.username });
        t.clock.advance(1);
        const tokens = await issueTokens(db, f);
        const copy = [...(await copyOf(db, f)), ...other.copy].filter(({ kind }) => kind !== 'client');
        await db.import(copy.map((one) => removed(one as ExportedRecord)));
        assert.equal(await db.accessTokens.get(tokens.jti), null);
        const { stored, refused } = await db.import([...old, ...copy]);
        assert.deepEqual([stored, refused], [copy.length, 4]);
        assert.notEqual(await db.refreshTokens.get(tokens.token), null);
        assert.notEqual(await db.accessTokens.get(other.jti), null);
      },
    },
    {
      name: 'refuses what does not say when it was issued, and what says that it was later than when it was revoked',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const f = flow();
        const issued_at = t.clock.in(hour).toISOString();
        await db.accessTokens.store({ jti: `jti ${f.grantId}`, client_id: f.clientId, issued_at });
        const token = await tokenOf(db, f);
        await db.revoke({ clientId: f.clientId });
        await assertRefused(db, [token], 'later');
        const silent = withMembers(token, { issued_at: undefined, created_at: undefined });
        await assertRefused(db, [silent], 'silent');
      },
    },
    {
      name: 'knows a revocation as long as anything that it took would have lived, and no longer',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const f = flow();
        const store = (jti: string, expires_at: Date | null) =>
          db.accessTokens.store({ jti, client_id: f.clientId, expires_at });
        await store(`long ${f.grantId}`, t.clock.in(800 * day));
        const copy = await copyOf(db, f);
        await db.revoke({ clientId: f.clientId });
        // One that takes less does not have the first one forgotten.
        t.clock.advance(1);
        await store(`short ${f.grantId}`, t.clock.in(hour));
        await db.revoke({ clientId: f.clientId });
        t.clock.advance(799 * day);
        await assertRefused(db, copy, 'after 799 days');
        t.clock.advance(day);
        await db.revoke({ clientId: f.clientId });
        t.clock.advance(2 * day);
        if (t.supports.clock) assert.deepEqual(await t.listed({ tag: 'issued:revocations' }), []);
        await store(`endless ${f.grantId}`, null);
        const endless = await copyOf(db, f);
        await db.revoke({ clientId: f.clientId });
        t.clock.advance(10_000 * day);
        await assertRefused(db, endless, 'after ten thousand days');
      },
    },
    {
      name: 'hinders nobody who issues, registers or stores anew what was revoked',
      run: async (t) => {
        const db = await t.issuer();
        const { f, session, jti } = await havingNothingCopied(db);
        await db.clients.delete(f.clientId);
        await db.revoke({ username: f.username });
        assert.equal((await db.clients.register({ client_id: f.clientId })).status, 'registered');
        assert.notEqual((await db.clients.get(f.clientId))?.client_id, undefined);
        const tokens = await issueTokens(db, f);
        assert.notEqual(await db.refreshTokens.get(tokens.token), null);
        await db.accessTokens.store({ jti, client_id: f.clientId });
        assert.equal(await db.accessTokens.revoke(jti), true);
        assert.equal(await db.accessTokens.revoke(jti), false);
        await db.sessions.store(session, { username: f.username });
        assert.equal(await db.sessions.delete(session), true);
      },
    },
    {
      name: 'shows nothing of what it goes by',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const { f, jti } = await having(db);
        await db.accessTokens.revoke(jti);
        await db.clients.delete(f.clientId);
        await db.revoke({ username: f.username });
        assert.deepEqual(await everythingIn(db), []);
        const { lists, token, unreadable } = await db.stats();
        assert.deepEqual([token.count, unreadable], [0, 0]);
        if (t.supports.transactions) assert.equal(lists?.members, 0);
        assert.deepEqual(await collect(db.clients.list()), []);
      },
    },
  ],
};

async function havingNothingCopied(db: OAuthDatabase): Promise<Omit<Had, 'copy' | 'code'>> {
  const f = flow();
  const session = `session ${f.grantId}`;
  await db.clients.register({ client_id: f.clientId });
  await db.sessions.store(session, { username: f.username });
  return { f, session, ...(await issueTokens(db, f)) };
}
