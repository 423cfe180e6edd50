import { kindOf, OAuthDatabaseError } from '@oauthdb/core';
import type { AccessToken, Cipher, ClientCredentials, PKCEValues } from './types.ts';
import { toMilliseconds } from './time.ts';

/** What is stored, with the member names of ATXP's own classes. They say `encrypted` where nothing is encrypted, too. */
export interface CredentialsRecord {
  readonly encrypted_client_id: string;
  readonly encrypted_client_secret: string;
  readonly redirect_uri: string;
}

export interface PkceRecord {
  readonly encrypted_code_verifier: string;
  readonly encrypted_code_challenge: string;
  readonly resource_url: string;
  readonly url: string;
}

export interface TokenRecord {
  readonly resource_url: string;
  readonly encrypted_access_token: string;
  readonly encrypted_refresh_token: string | null;
  /** The `expiresAt` in decimal digits, in whichever unit it was saved. */
  readonly expires_at: string | null;
}

export interface Ciphers {
  readonly encrypt: Cipher;
  readonly decrypt: Cipher;
}

/** Between records and the objects of the interface. Whatever it gives is a new object. */
export class Codec {
  readonly #ciphers: Ciphers;

  constructor({ encrypt, decrypt }: Partial<Ciphers>) {
    this.#ciphers = { encrypt: cipher('encrypt', encrypt), decrypt: cipher('decrypt', decrypt) };
  }

  async credentialsRecord(credentials: ClientCredentials): Promise<CredentialsRecord> {
    checkMembers('credentials', credentials, ['clientId', 'clientSecret', 'redirectUri']);
    const { clientId, clientSecret, redirectUri } = credentials;
    return {
      encrypted_client_id: await this.#encrypt(clientId),
      encrypted_client_secret: await this.#encrypt(clientSecret),
      redirect_uri: redirectUri,
    };
  }

  async credentials(record: CredentialsRecord): Promise<ClientCredentials> {
    return {
      clientId: await this.#decrypt(record.encrypted_client_id),
      clientSecret: await this.#decrypt(record.encrypted_client_secret),
      redirectUri: record.redirect_uri,
    };
  }

  async pkceRecord(values: PKCEValues): Promise<PkceRecord> {
    checkMembers('values', values, ['codeVerifier', 'codeChallenge', 'resourceUrl', 'url']);
    const { codeVerifier, codeChallenge, resourceUrl, url } = values;
    return {
      encrypted_code_verifier: await this.#encrypt(codeVerifier),
      encrypted_code_challenge: await this.#encrypt(codeChallenge),
      resource_url: resourceUrl,
      url,
    };
  }

  async pkce(record: PkceRecord): Promise<PKCEValues> {
    return {
      codeVerifier: await this.#decrypt(record.encrypted_code_verifier),
      codeChallenge: await this.#decrypt(record.encrypted_code_challenge),
      resourceUrl: record.resource_url,
      url: record.url,
    };
  }

  async tokenRecord(token: AccessToken): Promise<TokenRecord> {
    checkMembers('token', token, ['accessToken', 'resourceUrl']);
    const { accessToken, refreshToken, expiresAt, resourceUrl } = token;
    return {
      resource_url: resourceUrl,
      encrypted_access_token: await this.#encrypt(accessToken),
      encrypted_refresh_token: refreshToken ? await this.#encrypt(refreshToken) : null,
      expires_at: expiresAt?.toString() ?? null,
    };
  }

  async token(record: TokenRecord): Promise<AccessToken> {
    const { encrypted_refresh_token: refreshToken, expires_at: expiresAt } = record;
    return {
      accessToken: await this.#decrypt(record.encrypted_access_token),
      ...(refreshToken ? { refreshToken: await this.#decrypt(refreshToken) } : {}),
      ...(expiresAt === null ? {} : { expiresAt: Number(expiresAt) }),
      resourceUrl: record.resource_url,
    };
  }

  async #encrypt(secret: string): Promise<string> {
    try {
      return mustBeString(await this.#ciphers.encrypt(secret));
    } catch (error) {
      const message = 'the encrypt function failed, or gave something else than a string';
      throw new OAuthDatabaseError('OAUTHDB_CONFIG', message, { outcome: 'not_executed', cause: error });
    }
  }

  async #decrypt(stored: string): Promise<string> {
    try {
      return mustBeString(await this.#ciphers.decrypt(stored));
    } catch (error) {
      const message = 'what is stored cannot be decrypted by the decrypt function';
      throw new OAuthDatabaseError('OAUTHDB_UNDECRYPTABLE', message, {
        outcome: 'not_executed',
        cause: error,
      });
    }
  }
}

/** A copy of what must be taken over before anything asynchronous happens: the caller may change its object afterwards. */
export function checkedToken(token: AccessToken): AccessToken {
  checkMembers('token', token, ['accessToken', 'resourceUrl']);
  const { refreshToken, expiresAt } = token;
  if (refreshToken !== undefined && refreshToken !== null) checkMembers('token', token, ['refreshToken']);
  const isTime = typeof expiresAt === 'number' && Number.isFinite(expiresAt);
  if (expiresAt !== undefined && expiresAt !== null && !isTime) {
    throw new TypeError(`token.expiresAt must be a number, received ${kindOf(expiresAt)}`);
  }
  return { ...token };
}

/** When a record's access token expires, in epoch milliseconds; `null` when it does not say. */
export function expiryOf({ expires_at: expiresAt }: TokenRecord): number | null {
  return expiresAt === null ? null : toMilliseconds(Number(expiresAt));
}

export function asCredentialsRecord(found: unknown): CredentialsRecord {
  return checkedRecord<CredentialsRecord>(found, [
    'encrypted_client_id',
    'encrypted_client_secret',
    'redirect_uri',
  ]);
}

export function asPkceRecord(found: unknown): PkceRecord {
  return checkedRecord<PkceRecord>(found, [
    'encrypted_code_verifier',
    'encrypted_code_challenge',
    'resource_url',
    'url',
  ]);
}

export function asTokenRecord(found: unknown): TokenRecord {
  const record = checkedRecord<Record<keyof TokenRecord, unknown>>(found, [
    'resource_url',
    'encrypted_access_token',
  ]);
  const { encrypted_refresh_token: refreshToken = null, expires_at: expiresAt = null } = record;
  if (refreshToken !== null && typeof refreshToken !== 'string') throw corrupt();
  const isTime = typeof expiresAt === 'string' || typeof expiresAt === 'number';
  if (expiresAt !== null && !(isTime && expiresAt !== '' && Number.isFinite(Number(expiresAt))))
    throw corrupt();
  return {
    resource_url: record.resource_url as string,
    encrypted_access_token: record.encrypted_access_token as string,
    encrypted_refresh_token: refreshToken,
    expires_at: expiresAt === null ? null : String(expiresAt),
  };
}

/** The record in a text, or `null` where there is no text. */
export function parsed<T>(text: string | null | undefined, as: (found: unknown) => T): T | null {
  if (text === null || text === undefined) return null;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    // What V8 says of it quotes the text.
    throw corrupt();
  }
  return as(found);
}

function checkedRecord<T>(found: unknown, members: readonly (keyof T & string)[]): T {
  if (typeof found !== 'object' || found === null) throw corrupt();
  const record = found as Record<string, unknown>;
  if (members.some((member) => typeof record[member] !== 'string')) throw corrupt();
  return found as T;
}

function corrupt(): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CORRUPT', 'what is stored is not what ATXP stores', {
    outcome: 'not_executed',
  });
}

export function checkMembers<T extends object>(
  what: string,
  value: T,
  members: readonly (keyof T & string)[],
): void {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${what} must be an object, received ${kindOf(value)}`);
  }
  for (const member of members) {
    if (typeof value[member] !== 'string') {
      throw new TypeError(`${what}.${member} must be a string, received ${kindOf(value[member])}`);
    }
  }
}

function cipher(name: string, value: Cipher = (data) => data): Cipher {
  if (typeof value !== 'function')
    throw new TypeError(`${name} must be a function, received ${kindOf(value)}`);
  return value;
}

function mustBeString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`must be a string, received ${kindOf(value)}`);
  return value;
}
