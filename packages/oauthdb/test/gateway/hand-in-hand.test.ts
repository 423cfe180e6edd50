import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Beside, clients } from './beside.ts';
import { Service } from './service.ts';

const uri = 'http://localhost:8080/callback';
const made = (): string => randomBytes(32).toString('base64url');

async function jtis(tokens: AsyncIterable<{ readonly jti: string }>): Promise<string[]> {
  const all: string[] = [];
  for await (const { jti } of tokens) all.push(jti);
  return all.toSorted();
}

describe.each(clients)('beside the service, by $name,', (client) => {
  it('each step of a flow may be taken here or there', async () => {
    const beside = await Beside.with(client, null, { now: undefined });
    const { db } = beside;
    const service = new Service(beside.redis, beside.prefix);
    const [clientId, username] = ['client_here', 'octocat'];

    // Registered here, asked for there, answered here.
    await db.clients.register({
      client_id: clientId,
      redirect_uris: [uri],
      grant_types: ['authorization_code', 'refresh_token'],
    });
    expect(await service.configuration(clientId)).toEqual({
      client_id: clientId,
      redirect_uris: [uri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    });
    const asked = await db.states.consume(await service.authorize(clientId, uri));
    expect(asked).toMatchObject({ status: 'consumed', state: { client_id: clientId, redirect_uri: uri } });

    // Asked for here, answered there, redeemed here: once.
    const state = made();
    await db.states.store(state, {
      client_id: clientId,
      redirect_uri: uri,
      state: 's',
      resource: 'https://mcp',
    });
    const code = await service.callback(state, username);
    expect(await db.states.consume(state)).toEqual({ status: 'not_found' });
    const [first, jti] = [made(), made()];
    const tokens = { accessToken: { jti }, refreshToken: { token: first } };
    const redemption = { code, client_id: clientId, redirect_uri: uri };
    expect((await db.issue({ ...redemption, ...tokens })).status).toBe('issued');
    await expect(service.redeem(clientId, code, uri)).rejects.toThrow('invalid_grant');
    expect(await service.verify(jti)).toBe(true);

    // Refreshed there, with what was issued here; rotated here, and refused there from then on.
    const byService = await service.refresh(clientId, first);
    expect(await jtis(db.accessTokens.list({ username }))).toEqual([byService, jti].toSorted());
    const second = made();
    expect((await db.refreshTokens.rotate(first, () => ({ refreshToken: { token: second } }))).status).toBe(
      'rotated',
    );
    await expect(service.refresh(clientId, first)).rejects.toThrow('invalid_grant');
    const third = await service.refresh(clientId, second);
    expect(await service.verify(third)).toBe(true);

    // Answered here, redeemed there.
    const ours = made();
    await db.codes.store(ours, { client_id: clientId, redirect_uri: uri, username, scope: 'openid' });
    const theirs = await service.redeem(clientId, ours, uri);
    expect(await db.codes.consume(ours, { client_id: clientId })).toEqual({ status: 'not_found' });
    expect(await db.refreshTokens.get(theirs.token)).toMatchObject({ username, client_id: clientId });

    // Revoked there, and gone here; changed there, and kept here.
    await service.revoke(third, username);
    expect(await db.accessTokens.has(third)).toBe(false);
    await service.rename(clientId, 'A better name');
    expect(await db.clients.get(clientId)).toMatchObject({
      client_name: 'A better name',
      redirect_uris: [uri],
    });
    expect(await beside.faults()).toEqual([]);

    // The theft of a refresh token ends all of it, there too.
    const stolen = await db.refreshTokens.rotate(first, () => null);
    expect(stolen.status).toBe('reused');
    for (const one of [jti, byService, theirs.jti]) expect(await service.verify(one)).toBe(false);
    await expect(service.refresh(clientId, second)).rejects.toThrow('invalid_grant');
    await expect(service.refresh(clientId, theirs.token)).rejects.toThrow('invalid_grant');
    await db.clients.delete(clientId);
    await expect(service.authorize(clientId, uri)).rejects.toThrow('invalid_client');
    expect(await beside.keys()).toEqual([]);
  });

  it('a registration of the service is changed here while the service reads it, and deleted with everything', async () => {
    const beside = await Beside.with(client, null, { now: undefined });
    const { db } = beside;
    const service = new Service(beside.redis, beside.prefix);
    const clientId = await service.register([uri]);
    await db.clients.update(clientId, ({ redirect_uris: uris = [] }) => ({
      redirect_uris: [...uris, 'https://b/'],
    }));
    expect(await service.configuration(clientId)).toMatchObject({ redirect_uris: [uri, 'https://b/'] });
    const state = await service.authorize(clientId, 'https://b/');
    const { jti, token } = await service.redeem(
      clientId,
      await service.callback(state, 'octocat'),
      'https://b/',
    );
    const { revoked } = await db.clients.delete(clientId);
    expect(revoked).toEqual({ accessTokens: 1, refreshTokens: 1, codes: 0, sessions: 0 });
    expect(await service.verify(jti)).toBe(false);
    await expect(service.refresh(clientId, token)).rejects.toThrow('invalid_client');
    expect(await beside.keys()).toEqual([]);
  });
});
