import { randomUUID } from 'node:crypto';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Issued } from '../../../grants/issue.ts';

/** A client, a user and a grant of this case, with names that nobody else has. */
export interface Flow {
  readonly clientId: string;
  readonly username: string;
  readonly grantId: string;
}

export function flow(): Flow {
  return { clientId: `client_${randomUUID()}`, username: `github|${randomUUID()}`, grantId: randomUUID() };
}

export const redirectUri = 'http://localhost:8080/callback';

/** A secret that is recognised wherever it shows up. */
export const secret = (kind: string): string => `${kind}-secret-${randomUUID()}`;

export async function storeCode(db: OAuthDatabase, { clientId, username, grantId }: Flow): Promise<string> {
  const code = secret('code');
  await db.codes.store(code, {
    client_id: clientId,
    redirect_uri: redirectUri,
    grant_id: grantId,
    username,
    scope: 'mcp:*',
  });
  return code;
}

/** Tokens to issue for a flow, with or without a code. */
export function issuance(
  f: Flow,
  code?: string,
): Parameters<OAuthDatabase['issue']>[0] & { jti: string; token: string } {
  const [jti, token] = [`jti-${randomUUID()}`, secret('refresh')];
  return {
    ...(code === undefined ? {} : { code, redirect_uri: redirectUri }),
    client_id: f.clientId,
    grant_id: f.grantId,
    username: f.username,
    scope: 'mcp:*',
    accessToken: { jti },
    refreshToken: { token },
    jti,
    token,
  };
}

export type Tokens = { readonly jti: string; readonly token: string };

/** Issues an access and a refresh token and names them. */
export async function issueTokens(db: OAuthDatabase, f: Flow): Promise<Tokens> {
  const { jti, token, ...rest } = issuance(f);
  const { status }: Issued = await db.issue(rest);
  if (status !== 'issued') throw new Error(`expected tokens to be issued, got ${status}`);
  return { jti, token };
}

/** What succeeds a refresh token, and its names. */
export function successors(): Tokens & {
  next: () => { refreshToken: { token: string }; accessToken: { jti: string } };
} {
  const [jti, token] = [`jti-${randomUUID()}`, secret('refresh')];
  return { jti, token, next: () => ({ refreshToken: { token }, accessToken: { jti } }) };
}

/** Whether anything of these tokens can be used. */
export async function anyAlive(db: OAuthDatabase, ...tokens: readonly Tokens[]): Promise<boolean> {
  const alive = await Promise.all(
    tokens.flatMap(
      ({ jti, token }) => [db.accessTokens.get(jti), db.refreshTokens.get(token)] as Promise<unknown>[],
    ),
  );
  return alive.some((one) => one !== null);
}
