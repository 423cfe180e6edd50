import { DriverDatabase, type OAuthDatabase } from '@oauthdb/core';
import { RedisDriver, type RedisClient } from '@oauthdb/redis-driver';
import type {} from '@oauthdb/test-redis/setup';
import { Cluster } from 'ioredis';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { givenIoredisCluster } from '../src/ioredis-cluster.ts';
import { sending } from './sending.ts';

// The suite stops an operation before each call of the driver. In a cluster one such call is several commands: here it is
// stopped before each of these, while somebody revokes everything, or redeems the same code, from beginning to end.

const cluster = new Cluster([...inject('cluster').nodes]);
afterAll(() => cluster.disconnect());

interface Tokens {
  readonly jti: string;
  readonly token: string;
}

let cases = 0;
const names = () => {
  const n = `${process.pid}-${cases++}`;
  return { client_id: `c${n}`, username: `u${n}`, grant_id: `g${n}`, code: `code${n}` };
};
const tokens = (name: string): Tokens => ({ jti: `j-${name}`, token: `r-${name}` });

function database(client: RedisClient): OAuthDatabase {
  const prefixes = { keyPrefix: `h${process.pid}:`, serverKeyPrefix: `s${process.pid}:` };
  return new DriverDatabase(new RedisDriver(client), { commandTimeout: 20_000, ...prefixes });
}

/** Runs `slow` until its command number `stop`, then `rival` to its end, then the rest. Whether `slow` got so far. */
async function schedule(
  stop: number,
  slow: (db: OAuthDatabase) => Promise<unknown>,
  rival: () => Promise<unknown>,
): Promise<boolean> {
  const client = givenIoredisCluster(cluster);
  const reached = Promise.withResolvers<true>();
  const gate = Promise.withResolvers<void>();
  let sent = 0;
  const stopping = sending(client, async (key, args) => {
    if (sent++ === stop) reached.resolve(true);
    if (sent > stop) await gate.promise;
    return client.send(key, args);
  });
  const db = database(stopping);
  const running = slow(db);
  const stopped = await Promise.race([reached.promise, running.then(() => false)]);
  await rival();
  gate.resolve();
  await running;
  await db.close();
  return stopped;
}

const plain = database(givenIoredisCluster(cluster));
afterAll(() => plain.close());

const alive = async ({ jti, token }: Tokens): Promise<boolean> =>
  (await plain.accessTokens.get(jti)) !== null || (await plain.refreshTokens.get(token)) !== null;

/** Every schedule: stopped before the first command, the second, and so on, until it is not stopped any more. */
async function everySchedule(run: (stop: number) => Promise<boolean>): Promise<number> {
  let stop = 0;
  while (await run(stop)) stop++;
  return stop;
}

describe('in a cluster, stopped before each command,', () => {
  it.each(['username', 'clientId', 'grantId'] as const)(
    'a rotation brings nothing back that was revoked by %s',
    async (by) => {
      const schedules = await everySchedule(async (stop) => {
        const { client_id, username, grant_id } = names();
        const [first, second] = [tokens(`1${username}`), tokens(`2${username}`)];
        const owner = {
          username: { username },
          clientId: { clientId: client_id },
          grantId: { grantId: grant_id },
        }[by];
        await plain.issue({
          ...{ client_id, username, grant_id },
          ...{ accessToken: { jti: first.jti }, refreshToken: { token: first.token } },
        });
        const next = () => ({ refreshToken: { token: second.token }, accessToken: { jti: second.jti } });
        const stopped = await schedule(
          stop,
          (db) => db.refreshTokens.rotate(first.token, next),
          () => plain.revoke(owner),
        );
        if (!stopped) await plain.revoke(owner);
        expect([await alive(first), await alive(second)], `stopped before command ${stop}`).toEqual([
          false,
          false,
        ]);
        return stopped;
      });
      expect(schedules).toBeGreaterThan(5);
    },
  );

  it.each(['username', 'clientId', 'grantId'] as const)(
    'an issue for a code brings nothing back that was revoked by %s',
    async (by) => {
      const schedules = await everySchedule(async (stop) => {
        const { client_id, username, grant_id, code } = names();
        const made = tokens(username);
        const owner = {
          username: { username },
          clientId: { clientId: client_id },
          grantId: { grantId: grant_id },
        }[by];
        await plain.codes.store(code, { client_id, username, grant_id });
        const issuance = {
          ...{ code, client_id, username, grant_id },
          ...{ accessToken: { jti: made.jti }, refreshToken: { token: made.token } },
        };
        const stopped = await schedule(
          stop,
          (db) => db.issue(issuance),
          () => plain.revoke(owner),
        );
        if (!stopped) await plain.revoke(owner);
        expect(await alive(made), `stopped before command ${stop}`).toBe(false);
        return stopped;
      });
      expect(schedules).toBeGreaterThan(5);
    },
  );

  it('an issue without a code brings nothing back that was revoked', async () => {
    const schedules = await everySchedule(async (stop) => {
      const { client_id, username } = names();
      const made = tokens(username);
      const issuance = {
        client_id,
        username,
        accessToken: { jti: made.jti },
        refreshToken: { token: made.token },
      };
      const stopped = await schedule(
        stop,
        (db) => db.issue(issuance),
        () => plain.revoke({ username }),
      );
      if (!stopped) await plain.revoke({ username });
      expect(await alive(made), `stopped before command ${stop}`).toBe(false);
      return stopped;
    });
    expect(schedules).toBeGreaterThan(5);
  });

  it('one code is redeemed once', async () => {
    const schedules = await everySchedule(async (stop) => {
      const { client_id, username, grant_id, code } = names();
      const [a, b] = [tokens(`a${username}`), tokens(`b${username}`)];
      await plain.codes.store(code, { client_id, username, grant_id });
      const issuance = ({ jti, token }: Tokens) => ({
        ...{ code, client_id, username, grant_id },
        ...{ accessToken: { jti }, refreshToken: { token } },
      });
      const statuses: string[] = [];
      const note = async (issuing: ReturnType<OAuthDatabase['issue']>) =>
        void statuses.push((await issuing).status);
      const stopped = await schedule(
        stop,
        (db) => note(db.issue(issuance(a))),
        () => note(plain.issue(issuance(b))),
      );
      expect(statuses.toSorted(), `stopped before command ${stop}`).toEqual(['already_used', 'issued']);
      expect((await alive(a)) !== (await alive(b))).toBe(true);
      return stopped;
    });
    expect(schedules).toBeGreaterThan(5);
  });

  it('two rotations of one token have one successor', async () => {
    await everySchedule(async (stop) => {
      const { client_id, username, grant_id } = names();
      const [first, a, b] = [tokens(`1${username}`), tokens(`a${username}`), tokens(`b${username}`)];
      await plain.issue({
        client_id,
        username,
        grant_id,
        accessToken: { jti: first.jti },
        refreshToken: { token: first.token },
      });
      const statuses: string[] = [];
      const rotate = async (db: OAuthDatabase, { jti, token }: Tokens) => {
        const next = () => ({ refreshToken: { token }, accessToken: { jti } });
        statuses.push((await db.refreshTokens.rotate(first.token, next)).status);
      };
      const stopped = await schedule(
        stop,
        (db) => rotate(db, a),
        () => rotate(plain, b),
      );
      expect(statuses.toSorted(), `stopped before command ${stop}`).toEqual(['reused', 'rotated']);
      expect([await alive(a), await alive(b)]).toEqual([false, false]);
      return stopped;
    });
  });
});
