import { randomBytes } from 'node:crypto';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { DatabaseOptions } from '../../../options.ts';
import type { Context } from '../../context.ts';
import { pythonJson } from '../../gateway/python.ts';
import type { ServiceKind } from '../../gateway/service.ts';
import { hour } from '../../tools.ts';

export const day: number = 24 * hour;

/** A user, and a client of hers. */
export interface Owner {
  readonly username: string;
  readonly clientId: string;
}

/** A database whose records end exactly when their keys do: where the backend has a clock of its own, on that one. */
export function onKeys(t: Context, options: DatabaseOptions = {}): Promise<OAuthDatabase> {
  return t.database(t.supports.clock ? options : { ...options, now: undefined });
}

/** What the service would have made up. */
export const made = (bytes = 32): string => randomBytes(bytes).toString('base64url');

export const owner = (): Owner => ({ username: `octo${made(6)}`, clientId: `client_${made(16)}` });

/** Stores what the service stores, in its form and past the database; times are of the case's clock. */
export class ServiceData {
  readonly #t: Context;
  readonly #now: number;

  constructor(t: Context) {
    this.#t = t;
    this.#now = t.clock.now();
  }

  /** Epoch seconds, now or so many milliseconds later. */
  seconds(ms = 0): number {
    return Math.floor((this.#now + ms) / 1000);
  }

  async put(
    kind: ServiceKind,
    id: string,
    value: object | string,
    lifeMs: number | null = hour,
  ): Promise<void> {
    const at = this.#t.at();
    const text = typeof value === 'string' ? value : pythonJson(value);
    const expiresAt = lifeMs === null ? null : at.now + lifeMs;
    await this.#t.driver.commit({ puts: [this.#t.put(`issued:${kind}:${id}`, text, { expiresAt })] }, at);
  }

  /** What stands there. */
  text(kind: ServiceKind, id: string): Promise<string | null> {
    return this.#t.value(`issued:${kind}:${id}`);
  }

  async client(clientId: string, more: object = {}): Promise<object> {
    const record = {
      client_id: clientId,
      client_secret: made(),
      client_secret_expires_at: this.seconds(90 * day),
      client_id_issued_at: this.seconds(),
      redirect_uris: '["http://localhost:8080/callback", "https://app.example.com/cb"]',
      client_name: 'Ünï ☃ Client',
      scope: 'openid profile email',
      created_at: this.seconds(),
      response_types: '["code"]',
      grant_types: '["authorization_code", "refresh_token"]',
      registration_access_token: `reg-${made()}`,
      ...more,
    };
    await this.put('client', clientId, record, 90 * day);
    return record;
  }

  request(clientId: string): object {
    return {
      client_id: clientId,
      redirect_uri: 'http://localhost:8080/callback',
      scope: 'openid profile email',
      state: 'client-state-1',
      code_challenge: made(),
      code_challenge_method: 'S256',
      resources: ['https://mcp-fetch.example.com'],
    };
  }

  async code({ username, clientId }: Owner, more: object = {}): Promise<string> {
    const code = made();
    const user = { user_id: '583231', username, email: 'octocat@example.com', name: 'The Octocat' };
    await this.put('code', code, { ...this.request(clientId), ...user, ...more }, 365 * day);
    return code;
  }

  async refresh({ username, clientId }: Owner, more: object = {}): Promise<string> {
    const token = made();
    const record = {
      user_id: '583231',
      username,
      client_id: clientId,
      scope: 'openid profile email',
      resources: ['https://mcp-fetch.example.com'],
      created_at: this.seconds(),
      ...more,
    };
    await this.put('refresh', token, record, 365 * day);
    return token;
  }

  /** On the list of its user, as the service puts it right after. */
  async token({ username, clientId }: Owner, more: object = {}): Promise<string> {
    const jti = made(16);
    const at = this.#t.at();
    const record = {
      sub: '583231',
      username,
      scope: 'openid profile email',
      client_id: clientId,
      created_at: this.seconds(),
      expires_at: this.seconds(hour),
      ...more,
    };
    const tags = [
      { name: this.#t.key(`issued:user_tokens:${username}`), shared: true, endless: true, member: jti },
    ];
    const put = this.#t.put(`issued:token:${jti}`, pythonJson(record), { expiresAt: at.now + hour, tags });
    await this.#t.driver.commit({ puts: [put] }, at);
    return jti;
  }
}
