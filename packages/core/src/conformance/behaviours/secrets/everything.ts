import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { hashedHandles } from '../../../grants/handles.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { DatabaseOptions } from '../../../options.ts';
import type { SecretKey } from '../../../secrets/secrets-options.ts';
import type { Context } from '../../context.ts';
import { stopping } from '../../stopping.ts';
import { collect, hour } from '../../tools.ts';
import { flow, issuance, redirectUri, secret, successors, type Flow } from '../grants/flow.ts';

export function newKey(id: string): SecretKey {
  return { id, key: randomBytes(32) };
}

/** What cannot be read is not asked for again: nobody is there who might have garbled it on its way. */
export const once: DatabaseOptions = { maxRetriesPerRequest: 0 };

export function sealing(...keys: readonly SecretKey[]): DatabaseOptions {
  return { ...once, secrets: { keys } };
}

/** What comes of `work` on a database that calls its driver once, and no more. */
export async function inOneStep<T>(
  t: Context,
  options: DatabaseOptions,
  work: (db: OAuthDatabase) => Promise<T>,
): Promise<T> {
  const { driver, reached } = stopping(t.driver, 1);
  const done = await Promise.race([reached.then(() => null), work(t.issuerOver(driver, options))]);
  assert.ok(done !== null, 'it took more than one step');
  return done;
}

/** One of each kind that is stored, by the secrets that lead to it. */
export interface Everything extends Flow {
  readonly clientSecret: string;
  readonly registrationToken: string;
  readonly scope: string;
  readonly state: string;
  readonly code: string;
  readonly jti: string;
  readonly rotated: string;
  readonly refreshToken: string;
  readonly session: string;
  readonly heldKey: string;
  readonly held: string;
}

export async function storeEverything(db: OAuthDatabase, t: Context): Promise<Everything> {
  const f = flow();
  const e = {
    ...f,
    clientSecret: secret('client'),
    registrationToken: secret('registration'),
    scope: secret('scope'),
    state: secret('state'),
    code: secret('code'),
    session: secret('session'),
    heldKey: `user_${randomUUID()}`,
    held: secret('held'),
  };
  const { clientId: client_id, username, scope } = e;
  await db.clients.register({
    client_id,
    client_secret: e.clientSecret,
    registration_access_token: e.registrationToken,
  });
  await db.states.store(e.state, { client_id, scope });
  await db.codes.store(e.code, {
    client_id,
    redirect_uri: redirectUri,
    grant_id: e.grantId,
    username,
    scope,
    expires_at: t.clock.in(hour),
  });
  const { token: rotated, jti: _jti, ...tokens } = issuance(f);
  await db.issue({ ...tokens, scope });
  const { jti, token: refreshToken, next } = successors();
  await db.refreshTokens.rotate(rotated, next);
  await db.sessions.store(e.session, { username, scope });
  await db.storeToken(e.heldKey, e.held, new Date(t.at().now + hour));
  return { ...e, rotated, jti, refreshToken };
}

/** Where one of each kind is stored, and what reads it there. */
export function places(db: OAuthDatabase, e: Everything): [name: string, read: () => Promise<unknown>][] {
  const handles = hashedHandles();
  return [
    [`held:${e.heldKey}`, () => db.getToken(e.heldKey)],
    [`issued:client:${e.clientId}`, () => db.clients.get(e.clientId)],
    [`issued:state:${handles.of('state', e.state)}`, () => db.states.consume(e.state)],
    [`issued:code:${handles.of('code', e.code)}`, () => db.codes.peek(e.code)],
    [`issued:token:${e.jti}`, () => db.accessTokens.get(e.jti)],
    [`issued:refresh:${handles.of('refresh', e.refreshToken)}`, () => db.refreshTokens.get(e.refreshToken)],
    [`issued:session:${handles.of('session', e.session)}`, () => db.sessions.get(e.session)],
  ];
}

/** Reads everything that can be read without being used up. */
export async function assertReadable(db: OAuthDatabase, e: Everything): Promise<void> {
  const client = await db.clients.get(e.clientId);
  assert.equal(client?.client_secret, e.clientSecret);
  assert.equal(client.registration_access_token, e.registrationToken);
  const [code, access, refresh, session] = [
    await db.codes.peek(e.code),
    await db.accessTokens.get(e.jti),
    await db.refreshTokens.get(e.refreshToken),
    await db.sessions.get(e.session),
  ];
  for (const record of [code, access, refresh, session]) {
    assert.equal(record?.['username'], e.username);
    assert.equal(record['scope'], e.scope);
  }
  assert.equal(await db.getToken(e.heldKey), e.held);
  assert.deepEqual(await db.getTokens([e.heldKey]), [e.held]);
}

/** Finds everything on the lists of its user, and then uses it up. */
export async function assertUsable(db: OAuthDatabase, e: Everything): Promise<void> {
  const { username } = e;
  const ids = (await collect(db.accessTokens.list({ username }))).map(({ jti }) => jti);
  assert.ok(ids.includes(e.jti));
  assert.equal((await collect(db.refreshTokens.list({ clientId: e.clientId }))).length, 1);
  assert.equal((await collect(db.sessions.list({ username }))).length, 1);
  const taken = await db.states.consume(e.state);
  assert.ok(taken.status === 'consumed' && taken.state.scope === e.scope);
  const redemption = { client_id: e.clientId, redirect_uri: redirectUri };
  assert.equal((await db.codes.consume(e.code, redemption)).status, 'consumed');
  assert.equal((await db.codes.consume(e.code, redemption)).status, 'already_used');
  assert.equal((await db.refreshTokens.rotate(e.rotated, () => null)).status, 'reused');
  assert.equal(await db.accessTokens.get(e.jti), null);
  assert.deepEqual(await db.revoke({ username }), {
    accessTokens: 0,
    refreshTokens: 0,
    codes: 0,
    sessions: 1,
  });
}

const VALUE = /^(held:|issued:(client|state|code|token|refresh|session):)/;

/** What somebody sees who has a copy of the database: names, and the values beneath those names that have one. */
export async function atRest(t: Context, username: string): Promise<{ names: string; values: string[] }> {
  const keys = await t.listed({ prefix: '' });
  // Beside them a backend may keep what is no value.
  const named = keys.filter((key) => VALUE.test(key.slice(t.prefix.length)));
  const entries = await t.driver.read(named, t.at());
  const members = [
    ...(await t.listed({ tag: `issued:user_tokens:${username}`, shared: true })),
    ...(await t.listed({ tag: `issued:user_grants:${username}` })),
  ];
  return {
    names: [...keys, ...members].join('\n'),
    values: entries.flatMap((entry) => (entry === null ? [] : [entry.value])),
  };
}
