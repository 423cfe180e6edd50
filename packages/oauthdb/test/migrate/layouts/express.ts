import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RedisStore } from 'connect-redis';
// @ts-expect-error it has no types
import expressSession from 'express-session';
import { createClient } from 'redis';
import { onTestFinished } from 'vitest';

export interface CookieOptions {
  readonly maxAge?: number;
  readonly sameSite?: string;
}

interface Session {
  [member: string]: unknown;
  destroy(done: () => void): void;
}

interface Request extends IncomingMessage {
  readonly session: Session;
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const genuine = expressSession as {
  (options: object): Middleware;
  readonly Cookie: new (options?: CookieOptions) => object;
};

export type StoreOptions = Omit<ConstructorParameters<typeof RedisStore>[0], 'client'>;

/** The store of `connect-redis`, on a client of the `redis` package. */
export async function storeOn(url: string, options: StoreOptions = {}): Promise<RedisStore> {
  const client = await createClient({ url }).connect();
  onTestFinished(() => client.destroy());
  return new RedisStore({ client, ...options });
}

/** What `express-session` gives a store for a session. */
export function sessionOf(members: object, cookie?: CookieOptions): never {
  return { cookie: new genuine.Cookie(cookie), ...members } as never;
}

/** An application that keeps what it is asked to keep in the session of whoever asks. */
export interface Application {
  /** Sends `members` to be kept, nothing to be kept, or word that the session is to end; gives the cookie. */
  ask(cookie: string, members?: object | 'end'): Promise<string>;
}

export async function application(store: RedisStore, cookie: CookieOptions): Promise<Application> {
  const secret = 'secret of the cookies';
  const middleware = genuine({
    store,
    secret,
    cookie,
    resave: false,
    saveUninitialized: false,
    rolling: true,
  });
  const server = createServer((request, response) => {
    middleware(request, response, () => {
      const { session } = request as Request;
      const said = new URL(request.url ?? '/', 'http://x').searchParams.get('members') ?? '{}';
      if (said === '"end"') return session.destroy(() => response.end());
      Object.assign(session, JSON.parse(said));
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    async ask(sent, members = {}) {
      const url = `http://127.0.0.1:${port}/?members=${encodeURIComponent(JSON.stringify(members))}`;
      const response = await fetch(url, { headers: { cookie: sent, connection: 'close' } });
      const [set] = response.headers.getSetCookie();
      return set?.split(';')[0] ?? sent;
    },
  };
}

/** The session id that a cookie holds, without its signature. */
export function idIn(cookie: string): string {
  const [, id] = /=s:([^.]+)\./.exec(decodeURIComponent(cookie)) ?? [];
  return String(id);
}
