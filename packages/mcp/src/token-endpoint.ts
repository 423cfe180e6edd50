import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { Code, OAuthDatabase } from '@oauthdb/core';
import { isStorable, jtiOf, newSecret } from './presented.ts';
import { narrowedResource, narrowedScope } from './scopes.ts';
import type { OAuthClientInformationFull, OAuthTokens } from './sdk.ts';

/** What a client presents at the token endpoint for a code. */
export interface CodePresented {
  readonly code: string;
  readonly redirectUri: string | undefined;
  readonly resource: URL | undefined;
}

/** What a client presents at the token endpoint for a refresh token. */
export interface RefreshTokenPresented {
  readonly refreshToken: string;
  readonly scopes: readonly string[] | undefined;
  readonly resource: URL | undefined;
}

/** A code that this client can redeem. If somebody has redeemed it before, its grant is revoked. @see RFC 6749 section 4.1.2 */
export async function codeOf(
  db: OAuthDatabase,
  { client_id: clientId }: OAuthClientInformationFull,
  authorizationCode: string,
): Promise<Code> {
  const storable = isStorable(authorizationCode);
  const code = storable ? await db.codes.peek(authorizationCode) : null;
  if (code === null) {
    // Whether it was redeemed before; there is nothing left to redeem.
    const why = storable ? await db.codes.consume(authorizationCode, { client_id: clientId }) : null;
    if (why?.status === 'already_used') await db.revoke({ grantId: why.grant_id });
    throw new InvalidGrantError('Invalid authorization code');
  }
  if (code.client_id === clientId) return code;
  throw new InvalidGrantError('Authorization code was not issued to this client');
}

/** How long an access token lives. */
export interface AccessTokenLife {
  readonly milliseconds: number;
  readonly now: () => number;
}

/** Issues tokens for a code. */
export async function redeem(
  db: OAuthDatabase,
  life: AccessTokenLife,
  client: OAuthClientInformationFull,
  presented: CodePresented,
): Promise<OAuthTokens> {
  const code = await codeOf(db, client, presented.code);
  if (presented.redirectUri !== undefined && !isStorable(presented.redirectUri)) throw otherRedirectUri();
  const { client_id, grant_id, username, user_id, scope, extra } = code;
  const [accessToken, refreshToken] = [newSecret(), mayRefresh(client) ? newSecret() : null];
  const issued = await db.issue({
    code: presented.code,
    redirect_uri: presented.redirectUri,
    client_id,
    grant_id,
    username,
    user_id,
    scope,
    resource: code.resource,
    accessToken: {
      jti: jtiOf(accessToken),
      expires_at: endOf(life),
      resource: narrowedResource(code.resource, presented.resource),
      extra,
    },
    ...(refreshToken === null ? {} : { refreshToken: { token: refreshToken, extra } }),
  });
  if (issued.status === 'already_used') await db.revoke({ grantId: issued.grant_id });
  if (issued.status === 'client_mismatch') throw otherRedirectUri();
  if (issued.status !== 'issued') throw new InvalidGrantError('Invalid authorization code');
  return tokenResponse(life, accessToken, issued.accessToken?.scope, refreshToken);
}

/** Issues tokens for a refresh token. */
export async function refresh(
  db: OAuthDatabase,
  life: AccessTokenLife,
  client: OAuthClientInformationFull,
  { refreshToken, scopes, resource }: RefreshTokenPresented,
): Promise<OAuthTokens> {
  if (!isStorable(refreshToken)) throw new InvalidGrantError('Invalid refresh token');
  const rotated = await db.refreshTokens.rotate(refreshToken, (current) => {
    if (current.client_id !== client.client_id) return null;
    const scope = narrowedScope(current.scope, scopes);
    const target = narrowedResource(current.resource, resource);
    const accessToken = newSecret();
    return {
      refreshToken: { token: newSecret() },
      accessToken: {
        jti: jtiOf(accessToken),
        expires_at: endOf(life),
        scope,
        resource: target,
        extra: current['extra'],
      },
      // For whoever gets this answer again: the database knows the access token by its hash.
      response: accessToken,
    };
  });
  switch (rotated.status) {
    case 'rotated':
      return tokenResponse(life, String(rotated.response), rotated.accessToken?.scope, rotated.token);
    case 'refused':
      throw new InvalidGrantError('Refresh token was not issued to this client');
    case 'reused':
      throw new InvalidGrantError('Refresh token was used before: its grant is revoked');
    default:
      throw new InvalidGrantError('Invalid refresh token');
  }
}

/** Whether a client takes refresh tokens; one that does not say which grants it uses does not. @see RFC 7591 section 2 */
function mayRefresh({ grant_types: grantTypes }: OAuthClientInformationFull): boolean {
  return grantTypes?.includes('refresh_token') ?? false;
}

function endOf({ milliseconds, now }: AccessTokenLife): Date {
  return new Date(now() + milliseconds);
}

function otherRedirectUri(): InvalidGrantError {
  return new InvalidGrantError('redirect_uri is not the one of the authorization request');
}

/** What the token endpoint answers. @see RFC 6749 section 5.1 */
function tokenResponse(
  { milliseconds }: AccessTokenLife,
  accessToken: string,
  scope: string | undefined,
  refreshToken: string | null,
): OAuthTokens {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: Math.floor(milliseconds / 1000),
    ...(scope === undefined ? {} : { scope }),
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  };
}
