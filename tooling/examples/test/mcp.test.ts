import { join } from 'node:path';
import { freePort } from '@oauthdb/test-redis/ports';
import type {} from '@oauthdb/test-redis/setup';
import { open } from 'oauthdb';
import { describe, expect, inject, it } from 'vitest';
import { start, temporaryDirectory } from '../src/start.ts';

/** What the user does in the browser, as far as the page that the client's own server shows. */
async function agree(page: string): Promise<string> {
  const form = await (await fetch(page)).text();
  const [, ticket = ''] = /name="ticket" value="([^"]+)"/.exec(form) ?? [];
  const body = new URLSearchParams({ ticket, username: 'octocat' });
  return (await fetch(new URL('/consent', page), { method: 'POST', body })).text();
}

const WELCOME = "The server knows me as [ { type: 'text', text: 'octocat' } ]\n";

describe.each<[string, (cwd: string) => { env: Record<string, string>; serverUrl: string }]>([
  ['the files of its defaults', (cwd) => ({ env: {}, serverUrl: `sqlite:${join(cwd, 'oauth.db')}` })],
  [
    'Redis, by one URL',
    () => {
      const url = `${inject('standalone').url}/11`;
      return { env: { OAUTHDB_URL: url }, serverUrl: url };
    },
  ],
])('an MCP server and a client, on %s', (_, place) => {
  it('ask the user once, whichever of them is started again, and whatever ends', async () => {
    const cwd = await temporaryDirectory();
    const { env, serverUrl } = place(cwd);
    const serverEnv = { ...env, PORT: String(await freePort()) };
    let server = start('mcp-server/src/main.ts', cwd, serverEnv);
    const [, mcpUrl = ''] = await server.printed(/is at (\S+)\n/);
    const clientEnv = { ...env, MCP_SERVER: mcpUrl, CALLBACK_PORT: String(await freePort()) };

    const first = start('mcp-client/src/main.ts', cwd, clientEnv);
    const [, page = ''] = await first.printed(/^(http\S+)\n/m);
    expect(await agree(page)).toMatch(/^Thank you/);
    const said = await first.ended;
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout.endsWith(`\n${WELCOME}`)).toBe(true);

    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
    server = start('mcp-server/src/main.ts', cwd, serverEnv);
    await server.printed(/is at/);
    const again = { code: 0, stdout: WELCOME, stderr: '' };
    expect(await start('mcp-client/src/main.ts', cwd, clientEnv).ended).toEqual(again);

    await using db = await open(serverUrl);
    const live = async (): Promise<string[]> => {
      const { items } = await db.accessTokens.listPage({ username: 'octocat' });
      return items.map(({ jti }) => jti);
    };
    const before = await live();
    expect(before).toHaveLength(1);
    for (const jti of before) await db.accessTokens.revoke(jti);
    expect(await start('mcp-client/src/main.ts', cwd, clientEnv).ended).toEqual(again);
    const after = await live();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);

    // The user's access is taken away: the client asks again, and shows no secret.
    await db.revoke({ username: 'octocat' });
    const asking = start('mcp-client/src/main.ts', cwd, clientEnv);
    await asking.printed(/^http\S+\n/m);
    expect((await asking.stop()).stdout).not.toContain('octocat');
    expect((await server.stop()).stderr).toBe('');
  });
});
