import { hash } from 'node:crypto';
import type { Exported, ExportedRecord } from '@oauthdb/core';
import type { LeftOut } from '../left-out.ts';
import {
  layoutSource,
  type Layout,
  type LayoutOptions,
  type LayoutSource,
  type Piece,
} from './layout-source.ts';
import { isoOf, objectOf, unreserved, type Members } from './parsed.ts';
import type { Content, Found } from './found.ts';

export interface OidcProviderSourceOptions extends LayoutOptions {
  /** The `keyPrefix` of the adapter's client. Default `oidc:`. */
  readonly prefix?: string | undefined;
}

/**
 * What `oidc-provider` keeps on Redis by the adapter for Redis that its repository publishes as an example: clients, access tokens (also
 * those of `ClientCredentials`), refresh tokens, authorization codes and sessions.
 *
 * Tokens, codes and session ids are presented as before. An access token is found under the `jti` of @oauthdb/mcp, which is the SHA-256 of the token in
 * base64url: oidc-provider's own `jti` is the token itself, and names are not secret. A refresh token that was consumed comes as rotated,
 * so that its reuse is noticed, and of a code that was consumed word that it must not be there.
 *
 * @throws TypeError for a URL that is not of a Redis. Of its `export`, where it is not told `leftOut`: OAuthDatabaseError
 * `OAUTHDB_CORRUPT` for what oidc-provider has not written.
 * @example
 * await using from = oidcProviderSource('redis://localhost');
 * await migrate({ from, to: await open('sqlite:./oauth.db') });
 */
export function oidcProviderSource(url: string, options: OidcProviderSourceOptions = {}): LayoutSource {
  return layoutSource(layout, url, options);
}

/** What there is a place for, by the models of oidc-provider. */
const KINDS: ReadonlyMap<string, ExportedRecord['kind']> = new Map([
  ['AccessToken', 'token'],
  ['ClientCredentials', 'token'],
  ['RefreshToken', 'refresh'],
  ['AuthorizationCode', 'code'],
  ['Session', 'session'],
  ['Client', 'client'],
]);

const OTHERS: ReadonlySet<string> = new Set([
  'BackchannelAuthenticationRequest',
  'DeviceCode',
  'Grant',
  'InitialAccessToken',
  'Interaction',
  'PreAuthorizedCode',
  'PushedAuthorizationRequest',
  'RegistrationAccessToken',
  'ReplayDetection',
]);

/** What the adapter finds the others by. */
const INDEXES: ReadonlySet<string> = new Set(['grant', 'uid', 'userCode']);

/** The members that have a name in the RFCs, or in ours where they have none. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['accountId', 'username'],
  ['clientId', 'client_id'],
  ['codeChallenge', 'code_challenge'],
  ['codeChallengeMethod', 'code_challenge_method'],
  ['grantId', 'grant_id'],
  ['redirectUri', 'redirect_uri'],
]);

/** What of a refresh token is known after its rotation, as of one that was rotated by a database. */
const KEPT = ['client_id', 'grant_id', 'username', 'issued_at', 'expires_at'];

const layout: Layout = {
  name: 'oidc-provider',
  prefix: 'oidc:',
  fields: ['payload', 'consumed'],
  read: async ({ name, content, endsAt }: Found): Promise<readonly Piece[]> => {
    const [, model = '', id = ''] = /^(\w+):(.*)$/s.exec(name) ?? [];
    if (INDEXES.has(model)) return [];
    if (OTHERS.has(model)) return [{ what: model, why: 'no_place' }];
    const kind = KINDS.get(model);
    if (kind === undefined) return [{ what: 'key', why: 'unknown_key' }];
    const stored = await storedIn(model, content);
    if ('why' in stored) return [stored];
    const { payload, consumedAt } = stored;
    if (!isOf(payload, model, kind, id)) return [{ what: model, why: 'not_a_record' }];
    if (kind === 'client') return clientOf(id, payload, endsAt);
    if (kind === 'code' && consumedAt !== null) return [{ kind, id, handles: 'plain', removed: true }];
    return [issued(kind, id, payload, consumedAt, endsAt)];
  },
};

interface Stored {
  readonly payload: Members;
  /** Epoch seconds; `null`: it was not. */
  readonly consumedAt: number | null;
}

/** The adapter keeps what can be consumed as a hash, and everything else as a string. */
async function storedIn(model: string, content: Content): Promise<Stored | LeftOut> {
  const [text, consumed] =
    content.type === 'hash' ? content.fields : content.type === 'string' ? [content.text] : [];
  if (typeof text !== 'string')
    return { what: model, why: content.type === 'hash' ? 'not_a_record' : 'other_type' };
  const parsed = await objectOf(model, text);
  if ('why' in parsed) return parsed;
  const { members: payload } = parsed;
  const at = consumed ?? payload['consumed'];
  return { payload, consumedAt: at === undefined || at === false ? null : Number(at) || 0 };
}

/** Whether a payload is what this key must hold. */
function isOf(payload: Members, model: string, kind: ExportedRecord['kind'], id: string): boolean {
  if (kind === 'client') return payload['client_id'] === id;
  if ((payload['kind'] ?? model) !== model || (payload['jti'] ?? id) !== id) return false;
  return kind === 'session' || typeof payload['clientId'] === 'string';
}

function clientOf(id: string, metadata: Members, endsAt: number | null): readonly Piece[] {
  const { record, lost } = unreserved('Client', metadata);
  const created_at = timeOf(metadata['client_id_issued_at']);
  if (created_at !== null) record['created_at'] = created_at;
  return [{ kind: 'client', id, expires_at: isoOf(endsAt), record }, ...lost];
}

function issued(
  kind: ExportedRecord['kind'],
  id: string,
  payload: Members,
  consumedAt: number | null,
  endsAt: number | null,
): Exported {
  const { iat, exp, jti: _secret, consumed: _consumed, ...others } = payload;
  const renamed = Object.entries(others).map(([name, value]) => [NAMES.get(name) ?? name, value] as const);
  const expires_at = timeOf(exp) ?? isoOf(endsAt);
  const issuedAt = timeOf(iat);
  const record: Record<string, unknown> = { ...Object.fromEntries(renamed), expires_at };
  if (issuedAt !== null) record[kind === 'session' ? 'created_at' : 'issued_at'] = issuedAt;
  if (kind === 'session') return { kind, id, handles: 'plain', expires_at, record };
  // What the client was granted for itself is a grant of its own.
  record['grant_id'] ??= jtiOf(id);
  if (kind === 'token') return { kind, id: jtiOf(id), expires_at, record: { ...record, jti: jtiOf(id) } };
  if (consumedAt === null) return { kind, id, handles: 'plain', expires_at, record };
  const kept = Object.fromEntries(
    KEPT.filter((member) => member in record).map((member) => [member, record[member]]),
  );
  const rotated_at = timeOf(consumedAt);
  return { kind, id, handles: 'plain', expires_at, record: { ...kept, rotated_at } };
}

/** As @oauthdb/mcp names an access token that is presented. */
function jtiOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** ISO 8601 of epoch seconds; `null` for what is no time. */
function timeOf(seconds: unknown): string | null {
  return typeof seconds === 'number' ? isoOf(seconds * 1000) : null;
}
