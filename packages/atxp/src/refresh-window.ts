/** How many are remembered: as many refreshes can hardly be under way. */
const MOST = 10_000;

/**
 * How long an expired token has been handed out for its refresh token.
 *
 * The ATXP client asks for the token twice, refreshes, and saves what it gets. If the authorization server refuses, the client
 * throws and saves nothing, and with the same token it would fail at the next request, and for ever: only "no token" makes it ask
 * for authorization again. So a token that is not replaced in time is taken for one that cannot be refreshed.
 */
export class RefreshWindow {
  readonly #windowMs: number;
  /** When each was handed out first, the oldest in front. */
  readonly #since = new Map<string, number>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether the expired `token` may be handed out now. */
  open(token: string, now: number): boolean {
    if (this.#windowMs === 0) return false;
    const since = this.#since.get(token);
    if (since !== undefined) return now - since < this.#windowMs;
    this.#since.set(token, now);
    if (this.#since.size > MOST) {
      const oldest = this.#since.keys().next().value;
      if (oldest !== undefined) this.#since.delete(oldest);
    }
    return true;
  }
}
