import { buildClientConfig } from '@atxp/client/dist/atxpClient.js';
import { ATXPFetcher } from '@atxp/client/dist/atxpFetcher.js';
import { OAuthAuthenticationRequiredError, OAuthClient } from '@atxp/client/dist/oAuth.js';
import { ConsoleLogger, LogLevel, MemoryOAuthDb as TheirMemoryOAuthDb, type OAuthDb } from '@atxp/common';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryOAuthDb, type OAuthDb as OurOAuthDb } from '../src/index.ts';
import { AuthorizationServer, type AuthorizationServerOptions } from './authorization-server.ts';
import { subjects } from './subjects.ts';

const userId = 'solana:7xKX';
const callbackUrl = 'http://localhost:3000/callback';
const LIFETIME = 3600;

const quiet = new ConsoleLogger({ level: LogLevel.ERROR });
vi.spyOn(quiet, 'error').mockReturnValue();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** ATXP's client, with a user who says yes. */
async function flow(db: OAuthDb, options: Partial<AuthorizationServerOptions> = {}) {
  const server = await new AuthorizationServer({ rotates: true, lifetime: LIFETIME, ...options }).start();
  const newClient = (): OAuthClient =>
    new OAuthClient({
      userId,
      db,
      callbackUrl,
      isPublic: false,
      allowInsecureRequests: true,
      strict: true,
      logger: quiet,
    });
  let client = newClient();
  const url = `${server.origin}/mcp/tools`;
  return {
    server,
    db,
    url,
    restart: () => void (client = newClient()),
    call: async (): Promise<string> => (await client.fetch(url)).text(),
    authorize: async (): Promise<void> => {
      const required = await client.fetch(url).catch((error: unknown) => error);
      expect(required).toBeInstanceOf(OAuthAuthenticationRequiredError);
      const { url: called, resourceServerUrl } = required as OAuthAuthenticationRequiredError;
      const place = await client.makeAuthorizationUrl(called, server.resource);
      const { headers } = await fetch(place, { redirect: 'manual' });
      await client.handleCallback(headers.get('location') ?? '');
      expect(resourceServerUrl).toMatch(/\/mcp/);
    },
  };
}

const later = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);

describe.each(subjects)("ATXP's client with %s", (_, open) => {
  it.each([
    ['rotates refresh tokens', true],
    ['gives none with a refresh', false],
  ])('authorizes once, and refreshes for days, with a server that %s', async (_kind, rotates) => {
    const { server, call, authorize, restart } = await flow(open(), { rotates });
    await authorize();
    expect(await call()).toBe('tools');
    expect(await call()).toBe('tools');
    for (let day = 1; day <= 3; day++) {
      later(86_400);
      restart();
      expect(await call()).toBe('tools');
      expect(await call()).toBe('tools');
      expect(server.counts).toEqual({ register: 1, authorize: 1, code: 1, refresh: day });
    }
  });

  it('refreshes what the server ends before its time', async () => {
    const { server, db, url, call, authorize } = await flow(open());
    await authorize();
    const token = await db.getAccessToken(userId, url);
    await db.saveAccessToken(userId, url, { ...token, accessToken: 'ended', resourceUrl: server.resource });
    expect(await call()).toBe('tools');
    expect(server.counts.refresh).toBe(1);
  });

  it('asks for authorization again when a refresh is refused, after a while, and then goes on', async () => {
    const { server, call, authorize } = await flow(open());
    await authorize();
    later(LIFETIME + 1);
    server.revokeAll();
    await expect(call()).rejects.not.toBeInstanceOf(OAuthAuthenticationRequiredError);
    later(301);
    await authorize();
    expect(await call()).toBe('tools');
    later(LIFETIME + 1);
    expect(await call()).toBe('tools');
    expect(server.counts).toEqual({ register: 1, authorize: 2, code: 2, refresh: 1 });
  });

  it('pays its way with the whole of ATXP in front', async () => {
    const db = open();
    const { server } = await flow(db);
    const jwt = vi.fn<() => Promise<string>>().mockResolvedValue('signed');
    const fetcher = new ATXPFetcher({
      accountId: userId,
      db,
      paymentMakers: { solana: { makePayment: async () => '', generateJWT: jwt } },
      allowedAuthorizationServers: [server.origin as `https://${string}`],
      allowInsecureRequests: true,
      logger: quiet,
    });
    const response = await fetcher.fetch(`${server.origin}/mcp/tools`);
    expect(await response.text()).toBe('tools');
    later(LIFETIME + 1);
    expect(await (await fetcher.fetch(`${server.origin}/mcp/tools`)).text()).toBe('tools');
    expect(server.counts).toEqual({ register: 1, authorize: 1, code: 1, refresh: 1 });
  });
});

describe("ATXP's own memory", () => {
  it('loses the refresh token with the access token', async () => {
    const { call, authorize } = await flow(new TheirMemoryOAuthDb({ logger: quiet }));
    await authorize();
    expect(await call()).toBe('tools');
    later(LIFETIME + 1);
    await expect(call()).rejects.toBeInstanceOf(OAuthAuthenticationRequiredError);
  });
});

it("has ATXP's type, and ATXP's classes have ours", () => {
  const theirs: OAuthDb = new MemoryOAuthDb() satisfies OurOAuthDb;
  const ours: OurOAuthDb = new TheirMemoryOAuthDb({ logger: quiet }) satisfies OAuthDb;
  expect(Object.keys(theirs)).not.toContain('getAccessToken'); // methods, called on their object
  expect(ours).toBeInstanceOf(TheirMemoryOAuthDb);
});

describe('the option of atxpClient', () => {
  const common = { mcpServer: 'https://h/mcp', account: { accountId: userId, paymentMakers: {} } };

  it('is oAuthDb', () => {
    const oAuthDb = new MemoryOAuthDb();
    expect(buildClientConfig({ ...common, oAuthDb, logger: quiet }).oAuthDb).toBe(oAuthDb);
  });

  it('is silently ignored under the name of the old documentation: tokens are in memory then', () => {
    const oauthDatabase = new MemoryOAuthDb();
    const config = buildClientConfig({ ...common, logger: quiet, ...{ oauthDatabase } });
    expect(config.oAuthDb).toBeInstanceOf(TheirMemoryOAuthDb);
    expect(config.oAuthDb).not.toBe(oauthDatabase);
  });
});
