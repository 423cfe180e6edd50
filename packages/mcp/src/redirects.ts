import { InvalidRequestError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthorizationParams, OAuthClientInformationFull } from './sdk.ts';

/**
 * Codes go where the client has registered to get them, whoever calls: the router has looked, too.
 *
 * @throws InvalidRequestError
 */
export function checkRedirectUri({ redirect_uris }: OAuthClientInformationFull, redirectUri: string): void {
  if (
    redirect_uris.some((registered) => registered === redirectUri || sameOnLoopback(registered, redirectUri))
  )
    return;
  throw new InvalidRequestError('Unregistered redirect_uri');
}

/** Programs on a user's machine listen on a port that they are given. @see RFC 8252 section 7.3 */
function sameOnLoopback(registered: string, redirectUri: string): boolean {
  if (!URL.canParse(registered) || !URL.canParse(redirectUri)) return false;
  const [one, other] = [new URL(registered), new URL(redirectUri)];
  if (!['localhost', '127.0.0.1', '[::1]'].includes(one.hostname)) return false;
  one.port = '';
  other.port = '';
  return one.href === other.href;
}

/** The client's redirect URI with an answer, and with the state that the client sent. */
export function redirect(
  { redirectUri, state }: AuthorizationParams,
  answer: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (state !== undefined) url.searchParams.set('state', state);
  return url.href;
}
