import { randomUUID } from 'node:crypto';
import { DriverDatabase } from '@oauthdb/core';
import { Cluster } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { callIoredis, IoredisClient, RedisDriver, type RedisClient } from '../src/index.ts';
import { Lockstep } from './lockstep.ts';
import { connect, namespace } from './server.ts';

const oneNode = (): RedisClient => new IoredisClient(connect(), { isOurs: false });

const aCluster = (): RedisClient => {
  const redis = new Cluster([...inject('cluster').nodes]);
  onTestFinished(() => redis.disconnect());
  return new IoredisClient(redis, {
    isOurs: false,
    cluster: {
      nodeOf: (slot) => redis.slots[slot]?.[0],
      masters: () =>
        redis.nodes('master').map((node) => ({
          name: `${node.options.host}:${node.options.port}`,
          send: (args) => callIoredis(node, args),
        })),
    },
  });
};

interface Counted {
  readonly db: DriverDatabase;
  readonly count: Lockstep['count'];
}

/** A database whose connections are open, with a client that has tokens. */
async function open(client: RedisClient, prefix: string, transactions: boolean): Promise<Counted> {
  const lockstep = new Lockstep(client);
  const db = new DriverDatabase(new RedisDriver(lockstep, { transactions }), {
    keyPrefix: `${prefix}held:`,
    serverKeyPrefix: `${prefix}issued:`,
  });
  onTestFinished(() => db.close());
  await db.clients.register({ client_id: 'c' });
  for (let i = 0; i < 20; i++) await db.issue(tokens());
  return { db, count: (work) => lockstep.count(work) };
}

function tokens() {
  const refreshToken = { token: randomUUID() };
  return { client_id: 'c', username: 'u', accessToken: { jti: randomUUID() }, refreshToken };
}

/** The same in the layout of the gateway. */
async function openGateway(): Promise<Counted> {
  const lockstep = new Lockstep(oneNode());
  const prefix = namespace();
  const db = new DriverDatabase(new RedisDriver(lockstep), {
    keyPrefix: `${prefix}held:`,
    serverKeyPrefix: `${prefix}issued:`,
    layout: 'gateway',
  });
  onTestFinished(() => db.close());
  await db.clients.register({ client_id: 'c' });
  await storeOneOfEach(db);
  await db.issue(tokens());
  return { db, count: (work) => lockstep.count(work) };
}

/** Everything that is one round trip wherever it is. */
const single: readonly (readonly [
  name: string,
  work: (db: DriverDatabase) => Promise<unknown>,
  sent: string,
])[] = [
  ['clients.get', (db) => db.clients.get('c'), 'GET'],
  ['codes.peek', (db) => db.codes.peek('code'), 'GET'],
  ['accessTokens.get', (db) => db.accessTokens.get('jti'), 'GET'],
  ['accessTokens.has', (db) => db.accessTokens.has('jti'), 'GET'],
  ['accessTokens.expiry', (db) => db.accessTokens.expiry('jti'), 'GET'],
  ['refreshTokens.get', (db) => db.refreshTokens.get('refresh'), 'GET'],
  ['sessions.get', (db) => db.sessions.get('session'), 'GET'],
  ['states.consume', (db) => db.states.consume('state'), 'EVALSHA'],
  ['codes.consume', (db) => db.codes.consume('code', { client_id: 'c' }), 'EVALSHA'],
  ['accessTokens.revoke', (db) => db.accessTokens.revoke('jti'), 'EVALSHA GET'],
  ['sessions.delete', (db) => db.sessions.delete('session'), 'EVALSHA GET'],
];

/** What lists an entry as well. */
const storing: typeof single = [
  ['clients.register', (db) => db.clients.register({ client_id: randomUUID() }), 'EVALSHA'],
  ['states.store', (db) => db.states.store(randomUUID(), { client_id: 'c' }), 'EVALSHA'],
  ['codes.store', (db) => db.codes.store(randomUUID(), { client_id: 'c' }), 'EVALSHA'],
  ['accessTokens.store', (db) => db.accessTokens.store({ jti: randomUUID(), client_id: 'c' }), 'EVALSHA'],
  ['sessions.store', (db) => db.sessions.store(randomUUID(), { username: 'u' }), 'EVALSHA'],
];

async function storeOneOfEach(db: DriverDatabase): Promise<void> {
  await db.states.store('state', { client_id: 'c' });
  await db.codes.store('code', { client_id: 'c', username: 'u' });
  await db.accessTokens.store({ jti: 'jti', client_id: 'c', username: 'u' });
  await db.refreshTokens.store({ token: 'refresh', client_id: 'c', username: 'u' });
  await db.sessions.store('session', { username: 'u' });
}

/** A rotation that stores a new pair of tokens. */
const rotate = (db: DriverDatabase, token: string): Promise<unknown> =>
  db.refreshTokens.rotate(token, () => ({
    refreshToken: { token: randomUUID() },
    accessToken: { jti: randomUUID() },
  }));

describe.each([
  ['one node', () => open(oneNode(), namespace(), true)],
  ['a cluster, in one slot', () => open(aCluster(), `{${namespace()}}`, true)],
] as const)('on %s', (_, start) => {
  it.each([...single, ...storing])('%s is one round trip', async (__, work, sent) => {
    const { db, count } = await start();
    await storeOneOfEach(db);
    expect(await count(() => work(db))).toEqual([sent]);
  });

  it('issue is one round trip, the look at the registration included', async () => {
    const { db, count } = await start();
    const { grant_id } = await db.codes.store('code', { client_id: 'c', username: 'u' });
    const withCode = { ...tokens(), code: 'code', grant_id };
    expect(await count(async () => expect((await db.issue(withCode)).status).toBe('issued'))).toEqual([
      'EVALSHA PTTL',
    ]);
    expect(await count(() => db.issue(tokens()))).toEqual(['EVALSHA PTTL']);
  });

  it('issue is one more where the grant is to be read from the code', async () => {
    const { db, count } = await start();
    await db.codes.store('code', { client_id: 'c', username: 'u' });
    expect(await count(() => db.issue({ ...tokens(), code: 'code' }))).toEqual(['GET', 'EVALSHA PTTL']);
  });

  it('issue is two more where it has the registration live longer', async () => {
    const { db, count } = await start();
    await db.clients.register({ client_id: 'new' });
    expect(await count(() => db.issue({ ...tokens(), client_id: 'new' }))).toHaveLength(3);
    expect(await count(() => db.issue({ ...tokens(), client_id: 'new' }))).toHaveLength(1);
  });

  it('rotate is two round trips', async () => {
    const { db, count } = await start();
    await storeOneOfEach(db);
    expect(await count(() => rotate(db, 'refresh'))).toEqual(['GET', 'EVALSHA PTTL']);
  });

  it('to revoke a refresh token is two, for one that was rotated must stay known', async () => {
    const { db, count } = await start();
    await storeOneOfEach(db);
    expect(await count(() => db.refreshTokens.revoke('refresh'))).toEqual(['GET', 'EVALSHA']);
  });

  it('to revoke a grant of two tokens is six: its mark, what is on its list, all of that, and once more what is on it', async () => {
    const { db, count } = await start();
    const { grant_id } = await db.codes.store('some', { client_id: 'c', username: 'u' });
    await db.issue({ ...tokens(), code: 'some', grant_id });
    const revoke = () => db.revoke({ grantId: grant_id });
    expect(await count(revoke)).toEqual(['EVALSHA', 'ZSCAN', 'MGET', 'EVALSHA', 'ZSCAN', 'GET']);
  });

  it('a hundred calls at once are one round trip', async () => {
    const { db, count } = await start();
    const jtis = Array.from({ length: 100 }, randomUUID);
    const store = (jti: string): Promise<unknown> => db.issue({ ...tokens(), accessToken: { jti } });
    expect(await count(() => Promise.all(jtis.map(store)))).toHaveLength(1);
    const read = (jti: string): Promise<unknown> => db.accessTokens.get(jti);
    expect(await count(() => Promise.all(jtis.map(read)))).toEqual(['GET MGET MGET']);
    // Of what is not there it is made sure that nothing is.
    const unknown = ['one', 'other', 'more'];
    expect(await count(() => Promise.all(unknown.map(read)))).toEqual(['GET MGET', 'EXISTS']);
  });
});

describe('on a cluster, over all slots', () => {
  const start = (): Promise<Counted> => open(aCluster(), namespace(), false);

  it.each(single)('%s is one round trip', async (__, work, sent) => {
    const { db, count } = await start();
    await storeOneOfEach(db);
    expect(await count(() => work(db))).toEqual([sent]);
  });

  it.each(storing)('%s is two round trips at the most: list, store', async (__, work) => {
    const { db, count } = await start();
    expect((await count(() => work(db))).length).toBeLessThanOrEqual(2);
  });

  it('issue is three round trips: list and look, store, redeem', async () => {
    const { db, count } = await start();
    const { grant_id } = await db.codes.store('code', { client_id: 'c', username: 'u' });
    const withCode = { ...tokens(), code: 'code', grant_id };
    const sent = await count(async () => expect((await db.issue(withCode)).status).toBe('issued'));
    expect(sent).toEqual([expect.stringMatching(/EVALSHA PTTL$/), 'EVALSHA EVALSHA', 'EVALSHA']);
  });

  it('issue without a code is three round trips: list, store, look for a revocation', async () => {
    const { db, count } = await start();
    expect(await count(() => db.issue(tokens()))).toHaveLength(3);
  });

  it('rotate is a read and three round trips: list and look, store, replace', async () => {
    const { db, count } = await start();
    await storeOneOfEach(db);
    expect(await count(() => rotate(db, 'refresh'))).toHaveLength(4);
  });
});

describe('in the layout of the gateway', () => {
  it('what says when it ends is read as elsewhere', async () => {
    const { db, count } = await openGateway();
    expect(await count(() => db.accessTokens.get('jti'))).toEqual(['GET']);
    expect(await count(() => db.refreshTokens.get('refresh'))).toEqual(['GET']);
    expect(await count(() => db.codes.peek('code'))).toEqual(['GET']);
    expect(await count(() => rotate(db, 'refresh'))).toEqual(['MGET', 'EVALSHA PTTL']);
  });

  it('a hash is looked for under a name of a client, and only where there is no string', async () => {
    const { db, count } = await openGateway();
    expect(await count(() => db.clients.get('c'))).toEqual(['GET PTTL']);
    expect(await count(() => db.clients.get('none'))).toEqual(['GET PTTL', 'HGETALL']);
    expect(await count(() => db.accessTokens.get('none'))).toEqual(['GET']);
    expect(await count(() => db.refreshTokens.get('none'))).toEqual(['GET']);
  });
});
