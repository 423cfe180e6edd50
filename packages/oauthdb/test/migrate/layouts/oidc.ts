import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
// @ts-expect-error it has no types
import { Provider as Genuine } from 'oidc-provider';
import { onTestFinished, vi } from 'vitest';

type Payload = Readonly<Record<string, unknown>>;

/** One of the models of oidc-provider. */
interface Model {
  readonly jti: string;
  /** Stores it, and gives what is handed out. */
  save(ttl?: number): Promise<string>;
  consume(): Promise<void>;
}

/** What is used of the adapter that a model has. */
interface Adapter {
  upsert(id: string, payload: Payload, expiresIn?: number): Promise<void>;
}

type ModelName =
  | 'AccessToken'
  | 'AuthorizationCode'
  | 'ClientCredentials'
  | 'Grant'
  | 'InitialAccessToken'
  | 'Interaction'
  | 'RefreshToken'
  | 'ReplayDetection'
  | 'Session';

export type OidcProvider = {
  readonly [name in ModelName]: (new (payload: Payload) => Model) & {
    find(value: string): Promise<(Model & { readonly isValid: boolean }) | undefined>;
  };
} & { readonly Client: { readonly adapter: Adapter }; callback(): RequestListener };

/** Which models are kept as hashes, and which are found by their grants, in the published example of an adapter for Redis. */
const consumable = ['AuthorizationCode', 'BackchannelAuthenticationRequest', 'DeviceCode', 'RefreshToken'];
const grantable = [...consumable, 'AccessToken'];

/** Writes and reads what that adapter does, under the same keys, by the same commands. */
function adapterOn(redis: Redis, model: string): object {
  const keyOf = (id: unknown): string => `${model}:${String(id)}`;
  const isHash = consumable.includes(model);
  const find = async (id: unknown): Promise<Payload | undefined> => {
    if (!isHash) {
      const text = await redis.get(keyOf(id));
      return text === null ? undefined : (JSON.parse(text) as Payload);
    }
    const { payload, ...fields } = await redis.hgetall(keyOf(id));
    return payload === undefined ? undefined : { ...fields, ...(JSON.parse(payload) as Payload) };
  };
  return {
    find,
    findByUid: async (uid: string) => find(await redis.get(`uid:${uid}`)),
    findByUserCode: async (code: string) => find(await redis.get(`userCode:${code}`)),
    async upsert(id: string, payload: Payload, expiresIn?: number) {
      const [text, changes] = [JSON.stringify(payload), redis.multi()];
      if (isHash) changes.hmset(keyOf(id), { payload: text });
      else changes.set(keyOf(id), text);
      if (expiresIn) changes.expire(keyOf(id), expiresIn);
      const { grantId } = payload;
      if (grantable.includes(model) && typeof grantId === 'string') {
        const grant = `grant:${grantId}`;
        changes.rpush(grant, keyOf(id));
        if (Number(expiresIn) > (await redis.ttl(grant))) changes.expire(grant, Number(expiresIn));
      }
      for (const pointer of ['userCode', 'uid']) {
        const name = payload[pointer];
        if (typeof name !== 'string') continue;
        changes.set(`${pointer}:${name}`, id);
        changes.expire(`${pointer}:${name}`, Number(expiresIn));
      }
      await changes.exec();
    },
    consume: (id: string) => redis.hset(keyOf(id), 'consumed', Math.floor(Date.now() / 1000)),
    destroy: (id: string) => redis.del(keyOf(id)),
    async revokeByGrantId(grantId: string) {
      const members = await redis.lrange(`grant:${grantId}`, 0, -1);
      await redis.del(...members, `grant:${grantId}`);
    },
  };
}

const keys = [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })];

/** An authorization server by oidc-provider that listens, and what is asked of it as clients and users do. */
export class Server {
  readonly provider: OidcProvider;
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  private constructor(provider: OidcProvider, origin: string) {
    this.provider = provider;
    this.#origin = origin;
  }

  /** @param keyPrefix - of everything that it keeps at `url`. */
  static async start(url: string, keyPrefix = 'oidc:'): Promise<Server> {
    const redis = new Redis(url, { keyPrefix });
    onTestFinished(() => redis.disconnect());
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // It tells developers that these are settings for developers.
    const warned = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'info')];
    for (const warning of warned) warning.mockImplementation(() => {});
    const provider = new (Genuine as new (issuer: string, settings: object) => OidcProvider)(origin, {
      adapter: (model: string) => adapterOn(redis, model),
      jwks: { keys },
      cookies: { keys: ['secret of the cookies'] },
      features: { clientCredentials: { enabled: true }, registration: { enabled: true } },
      findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      rotateRefreshToken: true,
      ttl: {
        AccessToken: 3600,
        AuthorizationCode: 300,
        ClientCredentials: 600,
        Grant: 86_400,
        IdToken: 3600,
        Interaction: 3600,
        RefreshToken: 86_400,
        Session: 7200,
      },
    });
    server.on('request', provider.callback());
    for (const warning of warned) warning.mockRestore();
    return new Server(provider, origin);
  }

  get redirectUri(): string {
    return `${this.#origin}/callback`;
  }

  /** Registers a client; gives what the server says. @see RFC 7591 */
  async register(): Promise<{ readonly client_id: string; readonly client_secret: string }> {
    const metadata = {
      client_name: 'ü client',
      redirect_uris: [this.redirectUri],
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
    };
    const body = JSON.stringify(metadata);
    const response = await fetch(`${this.#origin}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return (await response.json()) as { client_id: string; client_secret: string };
  }

  /** Has a user sign in and consent; gives the code, and the verifier that redeems it. */
  async authorize(
    clientId: string,
    username: string,
  ): Promise<{ readonly code: string; readonly verifier: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'openid offline_access',
      prompt: 'consent',
      state: 'abc',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    let at = `${this.#origin}/auth?${query.toString()}`;
    for (let steps = 0; !at.startsWith(this.redirectUri); steps++) {
      if (steps > 20) throw new Error('the authorization does not come to an end');
      const isInteraction = at.includes('/interaction/');
      const page = await this.#browse(at);
      if (!isInteraction) at = new URL(page.headers.get('location') ?? '', this.#origin).href;
      else {
        const prompt = (await page.text()).includes('name="login"') ? 'login' : 'consent';
        const body = new URLSearchParams({ prompt, login: username, password: 'any' });
        const answer = await this.#browse(at, body);
        at = new URL(answer.headers.get('location') ?? '', this.#origin).href;
      }
    }
    return { code: new URL(at).searchParams.get('code') ?? '', verifier };
  }

  /** Asks for tokens. @see RFC 6749 section 5.1 */
  async token(
    client: { readonly client_id: string; readonly client_secret: string },
    grant: Readonly<Record<string, string>>,
  ): Promise<{ readonly access_token: string; readonly refresh_token: string }> {
    const { client_id, client_secret } = client;
    const body = new URLSearchParams({ client_id, client_secret, ...grant });
    const response = await fetch(`${this.#origin}/token`, { method: 'POST', body });
    return (await response.json()) as { access_token: string; refresh_token: string };
  }

  /** The id of the session that the browser has. */
  get sessionId(): string {
    return this.#cookies.get('_session') ?? '';
  }

  async #browse(url: string, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = body === undefined ? {} : { method: 'POST', body };
    const response = await fetch(url, { ...sent, headers: { cookie }, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}
