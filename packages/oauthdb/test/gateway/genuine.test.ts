import { pythonJson, serviceFault, type ServiceKind } from '@oauthdb/core/conformance';
import type {} from '@oauthdb/test-redis/setup';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { open } from '../../src/index.ts';
import { Beside, clients } from './beside.ts';
import { dumps, idsOf, readDump, recordOf, TAKEN_AT, type DumpName } from './genuine.ts';

const names = Object.keys(dumps) as DumpName[];
const hour = 3_600_000;
const iso = (seconds: unknown): string => new Date(Number(seconds) * 1000).toISOString();

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('what is taken for the service’s form', () => {
  it.each(names)('is that of what the service wrote: %s', (name) => {
    for (const [key, { type, value }] of Object.entries(readDump(name))) {
      const kind = /^oauth:(client|state|code|token|refresh):/.exec(key)?.[1];
      if (type !== 'string' || kind === undefined) continue;
      expect(pythonJson(JSON.parse(value as string))).toBe(value);
      expect(serviceFault(kind as ServiceKind, value as string)).toBeNull();
    }
  });

  it('is not the documented one, nor any other', () => {
    const client = { client_id: 'c', redirect_uris: ['http://localhost:8080/callback'] };
    expect(serviceFault('client', JSON.stringify(client))).toBe(
      'redirect_uris is not the JSON text of an array of strings',
    );
    const refresh = { user_id: '1', username: 'u', client_id: 'c', scope: '', created_at: TAKEN_AT };
    expect(serviceFault('refresh', JSON.stringify(refresh))).toBe('created_at is not epoch seconds');
    const { username: _none, ...nobody } = refresh;
    expect(serviceFault('refresh', JSON.stringify(nobody))).toBe('username is not a string');
    expect(serviceFault('token', 'oauthdb:1:k::AAAA')).toBe('it is not JSON');
  });
});

describe.each(clients)('genuine data, by $name,', (client) => {
  it.each(names)('is read, each record as it is: %s', async (name) => {
    const dump = readDump(name);
    const { db, prefix, redis } = await Beside.with(client, name);
    for (const id of idsOf(dump, 'client')) {
      const stored = recordOf(dump, 'client', id);
      const read = await db.clients.get(id);
      const arrays = ['redirect_uris', 'response_types', 'grant_types'];
      for (const [member, value] of Object.entries(stored)) {
        const expected = arrays.includes(member) ? JSON.parse(value as string) : value;
        expect(read?.[member]).toEqual(member === 'created_at' ? iso(value) : expected);
      }
      const left = await redis.pttl(`${prefix}client:${id}`);
      expect(Math.abs(Date.parse(read?.expires_at ?? '') - TAKEN_AT - left)).toBeLessThan(5000);
    }
    for (const jti of idsOf(dump, 'token')) {
      const { created_at: createdAt, expires_at: expiresAt, ...stored } = recordOf(dump, 'token', jti);
      const times = { issued_at: iso(createdAt), expires_at: iso(expiresAt) };
      expect(await db.accessTokens.get(jti)).toMatchObject({ ...stored, ...times, jti });
      expect(await db.accessTokens.has(jti)).toBe(true);
      expect((await db.accessTokens.expiry(jti))?.expiresAt?.toISOString()).toBe(times.expires_at);
    }
    for (const token of idsOf(dump, 'refresh')) {
      const { created_at: createdAt, ...stored } = recordOf(dump, 'refresh', token);
      expect(await db.refreshTokens.get(token)).toMatchObject({
        ...stored,
        issued_at: iso(createdAt),
        handle: token,
      });
    }
    for (const code of idsOf(dump, 'code')) {
      expect(await db.codes.peek(code)).toMatchObject(recordOf(dump, 'code', code));
    }
    const listed = (await collect(db.clients.list())).map(({ client_id: id }) => id);
    expect(listed.toSorted()).toEqual(idsOf(dump, 'client').toSorted());
    const jtis = (await collect(db.accessTokens.list({ username: 'octocat' }))).map(({ jti }) => jti);
    expect(jtis.toSorted()).toEqual(idsOf(dump, 'token').toSorted());
    for (const state of idsOf(dump, 'state')) {
      const consumed = await db.states.consume(state);
      expect(consumed).toMatchObject({ status: 'consumed', state: recordOf(dump, 'state', state) });
      expect(await db.states.consume(state)).toEqual({ status: 'already_used' });
      expect(await redis.exists(`${prefix}state:${state}`)).toBe(0);
    }
  });

  it.each(names)(
    'loses nothing when it is written back, and stays what the service can read: %s',
    async (name) => {
      const dump = readDump(name);
      const beside = await Beside.with(client, name);
      const { db } = beside;
      for (const id of idsOf(dump, 'client')) await db.clients.update(id, (current) => current);
      for (const jti of idsOf(dump, 'token')) {
        const token = await db.accessTokens.get(jti);
        if (token !== null) await db.accessTokens.store(token);
      }
      for (const token of idsOf(dump, 'refresh')) {
        const grant = await db.refreshTokens.get(token);
        if (grant !== null) await db.refreshTokens.store({ ...grant, token });
      }
      for (const code of idsOf(dump, 'code')) {
        const grant = await db.codes.peek(code);
        if (grant !== null) await db.codes.store(code, grant);
      }
      for (const kind of ['client', 'token', 'refresh', 'code']) {
        for (const id of idsOf(dump, kind)) {
          const [was, is] = [recordOf(dump, kind, id), await beside.stored(kind, id)];
          expect(is).toMatchObject(was);
          expect(Object.keys(is).slice(0, Object.keys(was).length)).toEqual(Object.keys(was));
        }
      }
      expect(await beside.faults()).toEqual([]);
      const list = (dump['oauth:user_tokens:octocat']?.value ?? []) as readonly string[];
      expect(await beside.members('octocat')).toEqual(list.toSorted());
    },
  );

  it('a user is signed out of everything, and her registrations stay', async () => {
    const beside = await Beside.with(client, 'full');
    const revoked = await beside.db.revoke({ username: 'octocat' });
    expect(revoked).toEqual({ accessTokens: 2, refreshTokens: 2, codes: 1, sessions: 0 });
    const left = await beside.keys();
    expect(left.filter((key) => !key.startsWith('client:') && !key.startsWith('state:'))).toEqual([]);
    expect(left).toHaveLength(4);
  });

  it('a client is deleted with what the service would leave behind, and no other client’s', async () => {
    const beside = await Beside.with(client, 'revoked');
    const [mine, other] = ['client_ytzoTEepx-U8ShyljmHmgg', 'client_PPkNlsMCsd8Rb1qdMPSAzw'];
    const { deleted, revoked } = await beside.db.clients.delete(mine);
    expect([deleted, revoked]).toEqual([true, { accessTokens: 2, refreshTokens: 1, codes: 0, sessions: 0 }]);
    expect(await beside.keys()).toEqual([
      `client:${other}`,
      'token:9hMEkw9jKrkSnU8Nlo2kAQ',
      'user_tokens:octocat',
    ]);
    expect(await beside.members('octocat')).toEqual(['9hMEkw9jKrkSnU8Nlo2kAQ']);
  });

  it('an access token is revoked, off its user’s list too', async () => {
    const beside = await Beside.with(client, 'refreshed');
    expect(await beside.db.accessTokens.revoke('hdOy-9qxDXwayzyxcveTTA')).toBe(true);
    expect(await beside.get('token', 'hdOy-9qxDXwayzyxcveTTA')).toBeNull();
    // In a cluster the list keeps the name of what was revoked by itself.
    const left = beside.db.supports.transactions ? ['DgDgr6ghRH0CfTAkbs0Csg'] : undefined;
    if (left !== undefined) await expect.poll(() => beside.members('octocat')).toEqual(left);
    expect(
      (await collect(beside.db.accessTokens.list({ username: 'octocat' }))).map(({ jti }) => jti),
    ).toEqual(['DgDgr6ghRH0CfTAkbs0Csg']);
  });

  it('a code is redeemed once, and its tokens are what the service would have written', async () => {
    const beside = await Beside.with(client, 'calledBack', { now: undefined });
    const [code] = idsOf(readDump('calledBack'), 'code') as [string];
    const grant = recordOf(readDump('calledBack'), 'code', code);
    const issuance = (i: number): Parameters<typeof beside.db.issue>[0] => ({
      code,
      client_id: String(grant['client_id']),
      redirect_uri: String(grant['redirect_uri']),
      accessToken: {
        jti: `jti-${i}`,
        email: grant['email'],
        name: grant['name'],
        expires_at: new Date(Date.now() + hour / 2),
      },
      refreshToken: { token: `refresh-${i}` },
    });
    const issued = await Promise.all(Array.from({ length: 20 }, (_, i) => beside.db.issue(issuance(i))));
    const winners = issued.flatMap(({ status }, i) => (status === 'issued' ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(new Set(issued.map(({ status }) => status))).toEqual(new Set(['issued', 'already_used']));
    const [i] = winners;
    expect(await beside.get('code', code)).toBeNull();
    const [access, refresh] = [
      await beside.stored('token', `jti-${i}`),
      await beside.stored('refresh', `refresh-${i}`),
    ];
    expect(Object.keys(access).slice(0, 8)).toEqual(
      Object.keys(recordOf(readDump('issued'), 'token', 'DgDgr6ghRH0CfTAkbs0Csg')),
    );
    expect(access).toMatchObject({ sub: '583231', username: 'octocat', client_id: grant['client_id'] });
    expect(Number(access['expires_at']) - Number(access['created_at'])).toBeGreaterThanOrEqual(1799);
    expect(refresh).toMatchObject({ user_id: '583231', username: 'octocat', resources: grant['resources'] });
    expect(await beside.ttl('token', `jti-${i}`)).toBeGreaterThan(1780);
    expect(await beside.ttl('token', `jti-${i}`)).toBeLessThanOrEqual(1800);
    expect(await beside.ttl('refresh', `refresh-${i}`)).toBeGreaterThan(31_535_900);
    expect(await beside.members('octocat')).toEqual([`jti-${i}`]);
    expect(await beside.redis.ttl(beside.key('user_tokens', 'octocat'))).toBe(-1);
    expect(await beside.faults()).toEqual([]);
  });

  it('a refresh token is rotated, cannot be used by the service any more, and its reuse ends all of it', async () => {
    const beside = await Beside.with(client, 'issued', { now: undefined });
    const { db } = beside;
    const token = 'uSKtswwPgmBEh4bF8qX8U-AAJMp6oMrLEjqy4a196b4';
    const next = { refreshToken: { token: 'second' }, accessToken: { jti: 'jti-2' } };
    const rotated = await db.refreshTokens.rotate(token, () => next);
    expect(rotated.status).toBe('rotated');
    // The service answers invalid_grant to what has no key.
    expect(await beside.get('refresh', token)).toBeNull();
    expect((await beside.keys()).filter((key) => key.startsWith('refresh:'))).toEqual(['refresh:second']);
    expect(await beside.stored('refresh', 'second')).toMatchObject({
      user_id: '583231',
      username: 'octocat',
    });
    expect(await beside.members('octocat')).toEqual(['DgDgr6ghRH0CfTAkbs0Csg', 'jti-2']);
    expect(await beside.faults()).toEqual([]);
    const reused = await db.refreshTokens.rotate(token, () => next);
    // The service's access token is past its own end, by the clock of today, and goes all the same.
    expect(reused).toMatchObject({ status: 'reused', revoked: { accessTokens: 2, refreshTokens: 1 } });
    expect((await beside.keys()).filter((key) => !key.startsWith('client:'))).toEqual([]);
  });

  it('a list that the service adds to never ends, however short what is issued here', async () => {
    const beside = await Beside.with(client, null, { now: undefined });
    const list = beside.key('user_tokens', 'octocat');
    const token = { client_id: 'c', username: 'octocat', expires_at: new Date(Date.now() + 60_000) };
    await beside.db.accessTokens.store({ ...token, jti: 'ours' });
    expect(await beside.redis.ttl(list)).toBe(-1);
    await beside.redis.sadd(list, 'theirs');
    await beside.db.accessTokens.store({ ...token, jti: 'ours too' });
    expect(await beside.redis.ttl(list)).toBe(-1);
    expect(await beside.members('octocat')).toEqual(['ours', 'ours too', 'theirs']);
  });
});

describe('a database by its URL', () => {
  it('is in the layout that the options name, under the prefix of the service by default', async () => {
    const { url } = inject('standalone');
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    const db = await open(url, { layout: 'gateway' });
    const id = `client_${process.pid}.${Math.random()}`;
    await db.clients.register({ client_id: id, redirect_uris: ['http://localhost:8080/callback'] });
    const stored = JSON.parse((await redis.get(`oauth:client:${id}`)) ?? '') as Record<string, unknown>;
    expect(stored['redirect_uris']).toBe('["http://localhost:8080/callback"]');
    expect(await db.clients.delete(id)).toMatchObject({ deleted: true });
    await db.close();
    await expect(open(url, { layout: 'gateway', handles: 'hashed' })).rejects.toThrow(TypeError);
    await expect(open(url, { layout: 'python' as 'gateway' })).rejects.toThrow(/layout must be one of/);
  });
});
