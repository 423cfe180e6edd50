import { describe, expect, it } from 'vitest';
import { Beside, clients } from './beside.ts';

/** As the first releases of the service stored a registration: by HSET, so that everything is text. */
const fields = {
  client_id: 'client_old',
  client_secret: 'secret_old',
  client_secret_expires_at: '0',
  client_id_issued_at: '1795279042',
  redirect_uris: '["http://localhost:8080/callback"]',
  grant_types: '["authorization_code", "refresh_token"]',
  client_name: 'Ünï ☃ "Client"',
  created_at: '1795279042',
};

describe.each(clients)('a registration that is a hash, by $name,', (client) => {
  const stored = async (): Promise<Beside> => {
    const beside = await Beside.with(client, null, { now: undefined });
    await beside.redis.hset(beside.key('client', 'client_old'), fields);
    return beside;
  };

  it('is read as any other, alone, among others and in a list', async () => {
    const beside = await stored();
    const { db, redis } = beside;
    const expected = {
      client_id: 'client_old',
      client_secret: 'secret_old',
      client_secret_expires_at: 0,
      client_id_issued_at: 1_795_279_042,
      redirect_uris: ['http://localhost:8080/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      client_name: 'Ünï ☃ "Client"',
      created_at: new Date(1_795_279_042_000).toISOString(),
      expires_at: null,
    };
    expect(await db.clients.get('client_old')).toEqual(expected);
    await redis.expire(beside.key('client', 'client_old'), 100);
    const end = Date.parse((await db.clients.get('client_old'))?.expires_at ?? '');
    expect(Math.abs(end - Date.now() - 100_000)).toBeLessThan(5000);
    await db.clients.register({ client_id: 'client_new' });
    const both = await Promise.all(
      ['client_old', 'client_new', 'client_none'].map((id) => db.clients.get(id)),
    );
    expect(both.map((one) => one?.client_id)).toEqual(['client_old', 'client_new', undefined]);
    const listed: string[] = [];
    for await (const { client_id: id } of db.clients.list()) listed.push(id);
    expect(listed.toSorted()).toEqual(['client_new', 'client_old']);
  });

  it('keeps its id from who registers', async () => {
    const { db, redis, prefix } = await stored();
    expect(await db.clients.register({ client_id: 'client_old' })).toEqual({ status: 'already_registered' });
    expect(await redis.hgetall(`${prefix}client:client_old`)).toEqual(fields);
  });

  it('becomes a string when it is changed, with the life it had and nothing lost', async () => {
    const beside = await stored();
    await beside.redis.expire(beside.key('client', 'client_old'), 1000);
    const changed = await beside.db.clients.update('client_old', { scope: 'mcp:*' });
    expect(changed).toMatchObject({ client_secret: 'secret_old', scope: 'mcp:*' });
    expect(await beside.redis.type(beside.key('client', 'client_old'))).toBe('string');
    const {
      client_id_issued_at: _issued,
      client_secret_expires_at: _ends,
      created_at: _made,
      ...texts
    } = fields;
    expect(await beside.stored('client', 'client_old')).toMatchObject({
      ...texts,
      client_id_issued_at: 1_795_279_042,
      created_at: 1_795_279_042,
    });
    expect(await beside.faults()).toEqual([]);
    expect(await beside.ttl('client', 'client_old')).toBeGreaterThan(990);
    expect(await beside.ttl('client', 'client_old')).toBeLessThanOrEqual(1000);
  });

  it('is not changed on the ground of what it said before', async () => {
    const beside = await stored();
    const key = beside.key('client', 'client_old');
    const others = [
      () => beside.redis.hset(key, 'client_name', 'theirs'),
      () => beside.redis.hset(key, 'more', '1'),
      () => beside.redis.hdel(key, 'more'),
    ];
    const asked: unknown[] = [];
    const changed = await beside.db.clients.update('client_old', async (current) => {
      asked.push([current.client_name, current['more']]);
      await others.shift()?.();
      return { scope: 'mcp:*' };
    });
    expect(asked).toEqual([
      ['Ünï ☃ "Client"', undefined],
      ['theirs', undefined],
      ['theirs', '1'],
      ['theirs', undefined],
    ]);
    expect(changed).toMatchObject({ client_name: 'theirs', scope: 'mcp:*' });
    expect(await beside.db.clients.update('client_none', {})).toBeNull();
  });

  it('is deleted, and lives as long as what is issued to its client', async () => {
    const beside = await stored();
    await beside.redis.expire(beside.key('client', 'client_old'), 1000);
    await beside.db.issue({ client_id: 'client_old', refreshToken: { token: 'r' } });
    expect(await beside.ttl('client', 'client_old')).toBeGreaterThan(365 * 86_400);
    await beside.redis.del(beside.key('client', 'client_old'));
    await beside.redis.hset(beside.key('client', 'client_old'), fields);
    expect(await beside.db.clients.delete('client_old')).toMatchObject({
      deleted: true,
      revoked: { refreshTokens: 1 },
    });
    expect(await beside.keys()).toEqual([]);
  });

  it('is of no concern in another layout, where nothing but a string is expected', async () => {
    const beside = await stored();
    const plain = beside.open({ layout: 'oauthdb' });
    await expect(plain.clients.get('client_old')).rejects.toMatchObject({ code: 'OAUTHDB_CORRUPT' });
  });
});
