import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Client, Database } from './client.ts';
import { HOST } from './ports.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { startPrivateServer, type PrivateServer } from './server.ts';
import { failureOf, inTime, recovered, SECRETS, silently, TIMEOUT_MS } from './watch.ts';

const { password, token, key } = SECRETS;

/** The tests of how a client fails, and works again, when its one Redis server does, in ways that only Redis can. */
export function failures(client: Client): void {
  const open = ({ port, db }: { readonly port: number; readonly db?: number }): Database =>
    client.database({ host: HOST, port, password, db, commandTimeout: TIMEOUT_MS });

  /** A case with a server, a proxy in front of it and a database; nothing is printed, and `close` takes no second. */
  const broken =
    (run: (server: PrivateServer, db: Database, proxy: Proxy) => Promise<void>): (() => Promise<void>) =>
    () =>
      silently(async () => {
        await using server = await startPrivateServer({ password });
        await using proxy = await startProxy(server);
        const db = open(proxy);
        try {
          await run(server, db, proxy);
        } finally {
          await closesInTime(db);
        }
      });

  describe('when its server fails', () => {
    it('says at once that the password is wrong, and works once it is right', () =>
      silently(async () => {
        await using server = await startPrivateServer({ password: 'another' });
        const db = open(server);
        await failureOf(() => db.storeToken(key, token));
        for (const call of everyCall(db)) {
          const failure = await failureOf(call, 0);
          expect(failure).toMatchObject({ code: 'OAUTHDB_AUTH', outcome: 'not_executed', retryable: false });
        }
        await server.send('CONFIG', 'SET', 'requirepass', password);
        await recovered(() => db.storeToken(key, token));
        await closesInTime(db);
      }));

    it('says at once that there is no such database, writes to no other, and works once there is', () =>
      silently(async () => {
        const server = await startPrivateServer({ password });
        const db = open({ port: server.port, db: 99 });
        await failureOf(() => db.storeToken(key, token));
        for (const call of everyCall(db)) {
          expect(await failureOf(call, 0)).toMatchObject({ code: 'OAUTHDB_CONFIG', outcome: 'not_executed' });
        }
        expect(await server.send('DBSIZE')).toBe(0);
        await server.stop();
        const args = ['--databases', '100'];
        await using larger = await startPrivateServer({ port: server.port, password, args });
        await recovered(() => db.storeToken(key, token));
        expect(await larger.send('DBSIZE')).toBe(0);
        await closesInTime(db);
      }));

    it(
      'times out in a black hole, and works once it is gone',
      broken(async (_server, db, proxy) => {
        proxy.mode = 'blackhole';
        for (const call of everyCall(db)) expect(await failureOf(call)).toMatchObject({ retryable: true });
        proxy.mode = 'pass';
        await recovered(() => db.storeToken(key, token));
        proxy.mode = 'blackhole';
        for (const call of everyCall(db)) expect(await failureOf(call)).toMatchObject({ retryable: true });
        proxy.mode = 'pass';
        expect(await recovered(() => db.getToken(key))).toBe(token);
      }),
    );

    it(
      'repeats what is harmless when its connection is cut',
      broken(async (_server, db, proxy) => {
        await db.storeToken(key, 'before');
        proxy.mode = 'blackhole';
        const calls = [db.storeToken(key, token), db.getToken(key), db.listTokens()];
        await sleep(50);
        proxy.cut();
        proxy.mode = 'pass';
        const [, read, listed] = await Promise.all(calls);
        expect(['before', token]).toContain(read);
        expect(listed).toEqual([key]);
        expect(await db.getToken(key)).toBe(token);
      }),
    );

    it(
      'says that the server is a replica, and works once it is none',
      broken(async (server, db) => {
        await db.storeToken(key, token);
        await server.send('REPLICAOF', HOST, '1');
        expect(await failureOf(() => db.storeToken(key, token))).toMatchObject({
          code: 'OAUTHDB_READONLY',
          outcome: 'not_executed',
          retryable: true,
        });
        await server.send('REPLICAOF', 'NO', 'ONE');
        await recovered(() => db.storeToken(key, 'new'));
      }),
    );

    it(
      'says that a key holds something else',
      broken(async (server, db) => {
        await server.send('SADD', `atxp:oauth:${key}`, 'member');
        expect(await failureOf(() => db.getToken(key))).toMatchObject({ code: 'OAUTHDB_CORRUPT' });
      }),
    );
  });
}

function everyCall(db: Database): (() => Promise<unknown>)[] {
  return [
    () => db.getToken(key),
    () => db.storeToken(key, token),
    () => db.deleteToken(key),
    () => db.listTokens(),
  ];
}

async function closesInTime(db: Database): Promise<void> {
  await inTime(() => Promise.all([db.close(), db.close()]), 1000);
  expect((await failureOf(() => db.getToken(key), 0)).code).toBe('OAUTHDB_CLOSED');
}
