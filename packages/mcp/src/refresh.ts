import { OAuthTokensSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { RefreshLock } from './refresh-lock.ts';
import type { OAuthTokens } from './sdk.ts';
import type { Read, StoredTokens } from './stored-tokens.ts';

/** How often a process looks whether another one has refreshed. */
const POLL_MS = 50;

export interface RefreshParts {
  readonly stored: StoredTokens;
  readonly lock: RefreshLock;
  /** Of this refresh, among those of the database. */
  readonly name: string;
  readonly presented: string;
  /** The access token that is to be replaced; `null`: whichever is stored. */
  readonly seen: string | null;
  readonly send: () => Promise<Response>;
  readonly wait: (ms: number) => Promise<void>;
  /** What was answered to earlier calls, and could not be stored, by their names. */
  readonly unsaved: Map<string, string>;
}

export interface Answer {
  readonly response: Response;
  /** What is in it; `null` for a refusal. */
  readonly accessToken: string | null;
}

/** Presents a refresh token, unless another process does. */
export class Refresh {
  readonly #parts: RefreshParts;
  #seen: string | null;

  constructor(parts: RefreshParts) {
    this.#parts = parts;
    this.#seen = parts.seen;
  }

  async run(): Promise<Answer> {
    const { lock, send, stored, wait } = this.#parts;
    while (true) {
      const release = await lock.acquire();
      try {
        const read = await stored.read();
        if (read !== null && this.#isNewer(read)) return given(read.tokens);
        if (read === null) {
          // Nobody is logged in again who has logged out meanwhile, or was never stored.
          const response = await send();
          return { response, accessToken: (await tokensIn(response))?.access_token ?? null };
        }
        this.#seen ??= read.tokens.access_token;
        if (release !== null) return await this.#exchange(read);
      } finally {
        await release?.();
      }
      await wait(POLL_MS);
    }
  }

  async #exchange(before: Read): Promise<Answer> {
    const { name, presented, send, stored, unsaved } = this.#parts;
    const kept = unsaved.get(name);
    if (kept !== undefined) return this.#store(before, stored.parse(kept));
    const response = await send();
    const tokens = await tokensIn(response);
    if (tokens === undefined) {
      // If the lease was too short, another process has presented it as well, and that one was answered.
      const now = await stored.read();
      return now !== null && this.#isNewer(now) ? given(now.tokens) : { response, accessToken: null };
    }
    const { issuer } = before.tokens;
    const bound = issuer === undefined ? {} : { issuer };
    // Without a new one the refresh token stays valid. @see RFC 6749 section 6
    return this.#store(before, stored.format({ refresh_token: presented, ...tokens, ...bound }));
  }

  /**
   * Stores what has come in place of what it replaces. What another process has stored instead stays, so that all go on with the
   * same; and what was deleted stays deleted.
   *
   * It is kept while the database fails: a server that has issued a successor takes the refresh token no more.
   */
  async #store(before: Read, fresh: Read): Promise<Answer> {
    const { name, stored, unsaved } = this.#parts;
    unsaved.set(name, fresh.text);
    let current: Read | null = before;
    while (current !== null && !this.#stays(current, fresh)) {
      if (await stored.replace(current, fresh)) break;
      current = await stored.read();
    }
    unsaved.delete(name);
    return given(current !== null && this.#stays(current, fresh) ? current.tokens : fresh.tokens);
  }

  /** Whether others have replaced the tokens that this refresh is to replace. */
  #isNewer({ tokens: { refresh_token: refreshToken, access_token: accessToken } }: Read): boolean {
    return refreshToken !== this.#parts.presented || (this.#seen !== null && accessToken !== this.#seen);
  }

  /** Whether what is stored is as good as what has come: it is not, if its refresh token is the one that has just been replaced. */
  #stays(stored: Read, fresh: Read): boolean {
    const isReplaced =
      stored.tokens.refresh_token === this.#parts.presented &&
      fresh.tokens.refresh_token !== this.#parts.presented;
    return this.#isNewer(stored) && !isReplaced;
  }
}

/** What the token endpoint would have answered. */
function given({ issuer: _ours, ...tokens }: OAuthTokens): Answer {
  return { response: Response.json(tokens), accessToken: tokens.access_token };
}

/** The tokens in a response; `undefined` if it is a refusal, or none that the SDK will understand. */
async function tokensIn(response: Response): Promise<OAuthTokens | undefined> {
  if (!response.ok) return undefined;
  const text = await response.clone().text();
  try {
    return OAuthTokensSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
