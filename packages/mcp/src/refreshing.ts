import { isOAuthDatabaseError } from '@oauthdb/core';
import { Refresh, type Answer, type RefreshParts } from './refresh.ts';
import type { FetchLike } from './sdk.ts';

/** The refreshes of one database in this process, each by its owner and the refresh token. */
export interface Refreshes {
  readonly underWay: Map<string, Promise<Answer>>;
  /** What was answered, and could not be stored. */
  readonly unsaved: Map<string, string>;
}

export interface RefreshingParts extends Pick<RefreshParts, 'stored' | 'lock' | 'wait'> {
  readonly fetch: FetchLike;
  /** Names the user and the server. */
  readonly owner: string;
  readonly refreshes: Refreshes;
  /** The access token that the caller was given, and wants to replace; `null` if it was given none. */
  readonly seen: () => string | null;
  /** Is told of access tokens that a refresh brought: they are stored by now, or are not to be. */
  readonly refreshed: (accessToken: string) => void;
}

/**
 * A `fetch` that has each refresh token presented once, by whichever caller in whichever process comes first. The others wait for
 * what it brings, which is stored before anybody is answered.
 */
export function refreshingOnce(parts: RefreshingParts): FetchLike {
  const { fetch, owner, refreshes, seen, refreshed } = parts;
  const { underWay, unsaved } = refreshes;
  return async (url, init) => {
    const presented = refreshTokenIn(init);
    if (presented === null) return fetch(url, init);
    const name = `${owner}\n${presented}`;
    let answer = underWay.get(name);
    if (answer === undefined) {
      const send = async (): Promise<Response> => readable(await fetch(url, init));
      const refresh = new Refresh({ ...parts, name, presented, seen: seen(), send, unsaved });
      answer = refresh.run().finally(() => underWay.delete(name));
      underWay.set(name, answer);
    }
    const { response, accessToken } = await answer.catch(unavailable);
    if (accessToken !== null) refreshed(accessToken);
    return response.clone();
  };
}

/** A response that can be read more than once. What stands in for `fetch` in tests often answers with no more than `json()`. */
async function readable(response: Response): Promise<Response> {
  if (typeof response.clone === 'function') return response;
  return Response.json(await response.json(), { status: response.status });
}

/** The refresh token that a request presents; `null` if it is no such request. */
function refreshTokenIn(init: RequestInit | undefined): string | null {
  const body = init?.body;
  if (!(body instanceof URLSearchParams) || body.get('grant_type') !== 'refresh_token') return null;
  return body.get('refresh_token');
}

/**
 * What a database that fails is to the SDK: it passes over errors that did not come from a token endpoint, and has users log in
 * again who need not.
 */
function unavailable(error: unknown): Answer {
  if (!isOAuthDatabaseError(error)) throw error;
  const { code, message } = error;
  const answer = {
    error: 'temporarily_unavailable',
    error_description: `The tokens were not refreshed: ${code}: ${message}`,
  };
  return { response: Response.json(answer, { status: 503 }), accessToken: null };
}
