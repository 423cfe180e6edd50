import { randomBytes } from 'node:crypto';
import { pythonJson } from '@oauthdb/core/conformance';
import type { Cluster, Redis } from 'ioredis';

type Members = Record<string, unknown>;

const made = (bytes: number): string => randomBytes(bytes).toString('base64url');

/**
 * What mcp-oauth-dynamicclient does with its Redis: its commands, in the order in which they were observed, and its ways of reading what
 * it gets. A member that it takes for granted and that is not there is an error, as it is one in Python.
 */
export class Service {
  readonly #redis: Redis | Cluster;
  readonly #prefix: string;

  constructor(redis: Redis | Cluster, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** POST /register */
  async register(redirectUris: readonly string[]): Promise<string> {
    const clientId = `client_${made(16)}`;
    await this.#setex('client', clientId, 7_776_000, {
      client_id: clientId,
      client_secret: made(32),
      client_secret_expires_at: seconds() + 7_776_000,
      client_id_issued_at: seconds(),
      redirect_uris: pythonJson(redirectUris),
      client_name: 'Unnamed Client',
      scope: 'openid profile email',
      created_at: seconds(),
      response_types: pythonJson(['code']),
      grant_types: pythonJson(['authorization_code', 'refresh_token']),
      registration_access_token: `reg-${made(32)}`,
    });
    return clientId;
  }

  /** GET /register/{id} */
  async configuration(clientId: string): Promise<Members> {
    const client = await this.#get('client', clientId);
    return {
      client_id: needed(client, 'client_id'),
      redirect_uris: loads(client['redirect_uris'] ?? '[]'),
      grant_types: loads(client['grant_types'] ?? '["authorization_code"]'),
      response_types: loads(client['response_types'] ?? '["code"]'),
    };
  }

  /** PUT /register/{id} */
  async rename(clientId: string, name: string): Promise<void> {
    await this.configuration(clientId);
    const client = await this.#get('client', clientId);
    await this.#setex('client', clientId, 7_776_000, { ...client, client_name: name });
  }

  /** GET /authorize: the state that goes to GitHub. */
  async authorize(clientId: string, redirectUri: string): Promise<string> {
    const client = await this.#get('client', clientId);
    if (!(loads(client['redirect_uris'] ?? '[]') as unknown[]).includes(redirectUri))
      throw new Error('invalid_redirect_uri');
    const state = made(32);
    await this.#setex('state', state, 300, {
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      state: 'client-state',
      code_challenge: null,
      code_challenge_method: 'S256',
      resources: ['https://mcp.example.com'],
    });
    return state;
  }

  /** GET /callback */
  async callback(state: string, username: string): Promise<string> {
    const request = await this.#get('state', state);
    const code = made(32);
    const user = { user_id: '583231', username, email: null, name: 'The Octocat' };
    await this.#setex('code', code, 31_536_000, { ...request, ...user });
    await this.#redis.del(this.#key('state', state));
    needed(request, 'redirect_uri');
    needed(request, 'state');
    return code;
  }

  /** POST /token, grant_type=authorization_code */
  async redeem(clientId: string, code: string, redirectUri: string): Promise<{ jti: string; token: string }> {
    await this.#get('client', clientId);
    const grant = await this.#get('code', code);
    if (needed(grant, 'redirect_uri') !== redirectUri) throw new Error('invalid_grant');
    const user = ['username', 'email', 'name', 'scope'].map((name) => [name, needed(grant, name)]);
    const claims = {
      sub: needed(grant, 'user_id'),
      ...(Object.fromEntries(user) as Members),
      client_id: clientId,
    };
    const jti = await this.#token(claims);
    const token = made(32);
    await this.#setex('refresh', token, 31_536_000, {
      user_id: needed(grant, 'user_id'),
      username: needed(grant, 'username'),
      client_id: clientId,
      scope: needed(grant, 'scope'),
      resources: grant['resources'] ?? [],
      created_at: seconds(),
    });
    await this.#redis.del(this.#key('code', code));
    return { jti, token };
  }

  /** POST /token, grant_type=refresh_token */
  async refresh(clientId: string, token: string): Promise<string> {
    await this.#get('client', clientId);
    const grant = await this.#get('refresh', token);
    const [sub, username, scope] = ['user_id', 'username', 'scope'].map((name) => needed(grant, name));
    return this.#token({ sub, username, scope, client_id: clientId });
  }

  /** GET /verify */
  async verify(jti: string): Promise<boolean> {
    return (await this.#redis.get(this.#key('token', jti))) !== null;
  }

  /** POST /revoke of an access token */
  async revoke(jti: string, username: string): Promise<void> {
    await this.#redis.del(this.#key('token', jti));
    await this.#redis.srem(this.#key('user_tokens', username), jti);
  }

  async #token(claims: Members): Promise<string> {
    const jti = made(16);
    const times = { created_at: seconds(), expires_at: seconds() + 1800 };
    await this.#setex('token', jti, 1800, { ...claims, ...times });
    await this.#redis.sadd(this.#key('user_tokens', String(claims['username'])), jti);
    return jti;
  }

  async #get(kind: string, id: string): Promise<Members> {
    const text = await this.#redis.get(this.#key(kind, id));
    if (text === null) throw new Error(kind === 'client' ? 'invalid_client' : 'invalid_grant');
    return JSON.parse(text) as Members;
  }

  async #setex(kind: string, id: string, life: number, record: Members): Promise<void> {
    await this.#redis.setex(this.#key(kind, id), life, pythonJson(record));
  }

  #key(kind: string, id: string): string {
    return `${this.#prefix}${kind}:${id}`;
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function needed(record: Members, name: string): unknown {
  if (!(name in record)) throw new Error(`KeyError: ${name}`);
  return record[name];
}

function loads(text: unknown): unknown {
  if (typeof text !== 'string') throw new Error('TypeError: the JSON object must be str, bytes or bytearray');
  return JSON.parse(text);
}
