import { OAuthTokensSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { FetchLike, OAuthTokens } from './sdk.ts';

/** What is stored for one user and one server. */
export interface StoredTokens {
  /** Names the two. */
  readonly owner: string;
  read(): Promise<OAuthTokens | undefined>;
  save(tokens: OAuthTokens): Promise<void>;
}

/**
 * A `fetch` that has each refresh token presented once, by whichever caller comes first: those who come meanwhile get the same
 * answer, and those who come later get the tokens that it brought, which are stored before anybody is answered.
 *
 * @param underWay - the refreshes of this process.
 */
export function refreshingOnce(
  fetch: FetchLike,
  stored: StoredTokens,
  underWay: Map<string, Promise<Response>>,
): FetchLike {
  return async (url, init) => {
    const presented = refreshTokenIn(init);
    if (presented === null) return fetch(url, init);
    const name = `${stored.owner}\n${presented}`;
    let answer = underWay.get(name);
    if (answer === undefined) {
      answer = refresh(() => fetch(url, init), stored, presented).finally(() => underWay.delete(name));
      underWay.set(name, answer);
    }
    return (await answer).clone();
  };
}

async function refresh(
  send: () => Promise<Response>,
  stored: StoredTokens,
  presented: string,
): Promise<Response> {
  const before = await stored.read();
  const { issuer, ...tokens } = before ?? {};
  if (before?.refresh_token !== undefined && before.refresh_token !== presented) return Response.json(tokens);
  const response = await send();
  // Nobody is logged in again who has logged out meanwhile, or was never stored.
  if (!response.ok || before?.refresh_token === undefined) return response;
  const { data } = OAuthTokensSchema.safeParse(await response.clone().json());
  // Without a new one the refresh token stays valid. @see RFC 6749 section 6
  const bound = issuer === undefined ? {} : { issuer };
  if (data !== undefined) await stored.save({ refresh_token: presented, ...data, ...bound });
  return response;
}

/** The refresh token that a request presents; `null` if it is no such request. */
function refreshTokenIn(init: RequestInit | undefined): string | null {
  const body = init?.body;
  if (!(body instanceof URLSearchParams) || body.get('grant_type') !== 'refresh_token') return null;
  return body.get('refresh_token');
}
