import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OAuthDatabase } from '@oauthdb/core';
import { expect, onTestFinished } from 'vitest';
import type { Open } from './backends.ts';
import { serverOn } from './readme/server.ts';

export const redirectUrl = 'http://localhost:3334/callback';

export interface Running {
  readonly url: URL;
  readonly mcpUrl: URL;
  /** Has another process serve it, as far as what it remembers is concerned. */
  readonly restart: () => void;
  /** What the process has opened that serves it now. */
  readonly db: () => OAuthDatabase;
}

/** An MCP server on loopback. */
export async function start(open: Open): Promise<Running> {
  let listener: RequestListener = () => undefined;
  const server = createServer((req, res) => listener(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  let db: OAuthDatabase;
  const restart = (): void => {
    db = open();
    listener = serverOn(db, url);
  };
  restart();
  return { url, mcpUrl: new URL('/mcp', url), restart, db: () => db };
}

/** What the user does in the browser: the code that the browser brings back. */
export async function consent(authorizationUrl: URL, username: string): Promise<string> {
  const page = await (await fetch(authorizationUrl)).text();
  const [, ticket = ''] = /name="ticket" value="([^"]+)"/.exec(page) ?? [];
  const answer = await fetch(new URL('/consent', authorizationUrl), {
    method: 'POST',
    body: new URLSearchParams({ ticket, username }),
    redirect: 'manual',
  });
  expect(answer.status).toBe(302);
  const back = new URL(answer.headers.get('location') ?? '');
  expect(back.href.startsWith(`${redirectUrl}?`)).toBe(true);
  return back.searchParams.get('code') ?? '';
}
