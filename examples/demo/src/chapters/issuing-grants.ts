import { hash, randomBytes } from 'node:crypto';
import { open } from 'oauthdb';
import { searchAtRest } from '../at-rest.ts';
import type { Chapter } from '../chapter.ts';
import { mask, table, timeLeft } from '../format.ts';

export const issuingGrants: Chapter = {
  title: "An authorization server's day",
  file: import.meta.url,
  async play({ url, serverKeyPrefix, key, say, show }) {
    say('Open a database for what you issue; with a key, nothing in it can be read without');
    const secrets = { keys: [{ id: 'demo', key }] };
    const db = await open(url, { serverKeyPrefix, secrets });
    const unguessable = () => randomBytes(32).toString('base64url');

    say('A client registers: its id is taken once');
    const client = {
      client_id: 'my-mcp-client',
      client_secret: unguessable(),
      client_name: 'My MCP Client',
      redirect_uris: ['http://localhost:8080/callback'],
    };
    show((await db.clients.register(client)).status);
    show((await db.clients.register(client)).status);

    say('Its user goes away to log in: the request waits under a state, for one who comes back');
    const { client_id } = client;
    const [redirect_uri] = client.redirect_uris;
    const verifier = unguessable();
    const code_challenge = hash('sha256', verifier, 'base64url');
    const state = unguessable();
    await db.states.store(state, { client_id, redirect_uri, code_challenge });
    const comeBack = [db.states.consume(state), db.states.consume(state), db.states.consume(state)];
    show((await Promise.all(comeBack)).map(({ status }) => status));

    say('The user says yes: a code stands for what was granted');
    const code = unguessable();
    const granted = { username: 'octocat', scope: 'mcp:read mcp:write' };
    await db.codes.store(code, { client_id, redirect_uri, code_challenge, ...granted });

    say('The client brings the code: check who it is and its PKCE verifier, and nothing is used up');
    const grant = await db.codes.peek(code);
    show(grant?.client_id === client_id);
    show(grant?.code_challenge === hash('sha256', verifier, 'base64url'));

    say('Issue: the code is redeemed, and both tokens are stored and listed, in one step');
    const first = { jti: unguessable(), refreshToken: unguessable() };
    const issued = await db.issue({
      code,
      client_id,
      redirect_uri,
      accessToken: { jti: first.jti, expires_at: new Date(Date.now() + 3_600_000) },
      refreshToken: { token: first.refreshToken },
    });
    show(issued.status);

    say('Whoever brings the code again gets nothing');
    show((await db.codes.consume(code, { client_id, redirect_uri })).status);

    say('The client calls with its access token: one read says whose it is, and for what');
    const token = await db.accessTokens.get(first.jti);
    show(`${token?.username}, ${token?.scope}`);
    show(timeLeft(await db.accessTokens.expiry(first.jti)));

    say('Later it refreshes: the refresh token is replaced, and a new access token comes with it');
    const second = { jti: unguessable(), refreshToken: unguessable() };
    const rotated = await db.refreshTokens.rotate(first.refreshToken, (current) => {
      if (current.client_id !== client_id) return null;
      return { refreshToken: { token: second.refreshToken }, accessToken: { jti: second.jti } };
    });
    show(rotated.status);
    show(await db.accessTokens.has(second.jti));

    say('The old one comes again, so somebody has a copy: all that came of this grant dies');
    const replayed = await db.refreshTokens.rotate(first.refreshToken, () => ({
      refreshToken: { token: unguessable() },
    }));
    show(replayed.status);
    if (replayed.status === 'reused') show(replayed.revoked);
    show(await db.accessTokens.has(second.jti));
    show(await db.refreshTokens.get(second.refreshToken));

    say('The user logs in again, on three devices: list what one user has');
    for (const device of ['laptop', 'phone', 'watch']) {
      const accessToken = { jti: unguessable(), device };
      await db.issue({ client_id, ...granted, accessToken, refreshToken: { token: unguessable() } });
    }
    const { items: tokens } = await db.accessTokens.listPage({ username: 'octocat' });
    show(
      table({
        jti: tokens.map(({ jti }) => mask(jti)),
        device: tokens.map(({ device }) => String(device)),
        scope: tokens.map(({ scope }) => String(scope)),
        'time left': tokens.map(({ expires_at }) => timeLeft({ expiresAt: new Date(expires_at ?? 0) })),
      }),
    );

    say('Whoever copies the database finds names in it, and none of the secrets of this day');
    const { client_secret } = client;
    const { refreshToken } = second;
    show(await searchAtRest(url, { client_id, client_secret, state, code, refreshToken }));

    say('The user logs out everywhere: nothing is left, and nothing under way brings it back');
    show(await db.revoke({ username: 'octocat' }));

    say('A client goes, and whatever was issued to it');
    show((await db.clients.delete(client_id)).deleted);
    await db.close();
  },
};
