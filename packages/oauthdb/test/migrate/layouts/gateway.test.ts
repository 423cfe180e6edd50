import { exportedKinds } from '@oauthdb/core';
import type {} from '@oauthdb/test-redis/setup';
import { expect, it, onTestFinished } from 'vitest';
import { migrate, open } from '../../../src/index.ts';
import { Service } from '../../gateway/service.ts';
import { byHundreds, database, GLOBS, place } from './redis.ts';

const uri = 'http://localhost:8080/callback';

it('brings every one of ten thousand records of the gateway, and all of it works', async () => {
  const [from, to] = [await place(), await place()];
  const service = new Service(from.redis, GLOBS);
  const indexes = Array.from({ length: 4000 }, (_, i) => i);
  const clients = await byHundreds(indexes.slice(0, 100), () => service.register([uri]));
  const made = await byHundreds(indexes, async (i) => {
    const [client, user] = [clients[i % 100] as string, `user ${i % 97}`];
    const state = await service.authorize(client, uri);
    if (i % 10 === 0) return { state };
    const code = await service.callback(state, user);
    if (i % 10 === 1) return { code };
    const issued = await service.redeem(client, code, uri);
    return { issued, more: i < 3376 ? await service.refresh(client, issued.token) : undefined };
  });
  const count =
    clients.length + made.reduce((sum, { issued, more }) => sum + (issued ? 2 : 1) + (more ? 1 : 0), 0);
  expect(count).toBe(10_000);
  const source = await open(from.url, { layout: 'gateway', serverKeyPrefix: GLOBS });
  onTestFinished(() => source.close());
  const before = await from.state();
  await from.writes();
  const db = await database(to.url);
  await to.writes();
  const dry = await db.import(source.export({ kinds: exportedKinds }), { dryRun: true });
  expect([dry.stored, await to.writes(), await to.redis.dbsize()]).toEqual([count, [], 0]);
  const compared = { same: count, different: 0, missing: 0, ended: 0 };
  expect(await migrate({ from: source, to: db })).toMatchObject({ stored: count, compared, leftOut: [] });
  const again = await migrate({ from: source, to: db, mode: 'replace' });
  expect(again).toMatchObject({ stored: 0, replaced: 0, kept: count, compared });
  expect(await from.writes()).toEqual([]);
  expect(await from.state()).toBe(before);

  const works = await byHundreds([...made.entries()], async ([i, { state, code, issued, more }]) => {
    const client_id = clients[i % 100] as string;
    const username = `user ${i % 97}`;
    if (state !== undefined) return (await db.states.consume(state)).status;
    if (code !== undefined) return (await db.codes.consume(code, { client_id, redirect_uri: uri })).status;
    const [token, refresh, other] = await Promise.all([
      db.accessTokens.get(issued?.jti ?? ''),
      db.refreshTokens.get(issued?.token ?? ''),
      more === undefined ? { username } : db.accessTokens.get(more),
    ]);
    const isThere = [token, refresh, other].every((one) => one?.username === username);
    return isThere && refresh?.client_id === client_id ? 'issued' : 'lost';
  });
  expect(works).toEqual(indexes.map((i) => (i % 10 > 1 ? 'issued' : 'consumed')));
  expect(
    (await byHundreds(clients, (id) => db.clients.get(id))).map((client) => client?.redirect_uris),
  ).toEqual(clients.map(() => [uri]));
});
