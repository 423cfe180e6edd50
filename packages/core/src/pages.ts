import type { Calls } from './calls.ts';
import type { Driver, Page, Where } from './driver.ts';
import { OAuthDatabaseError } from './error.ts';

/** Lists what a driver has, page by page: each page is a call of its own, with a deadline of its own. */
export class Pages {
  readonly #driver: Driver;
  readonly #calls: Calls;

  constructor(driver: Driver, calls: Calls) {
    this.#driver = driver;
    this.#calls = calls;
  }

  /** Throws `OAUTHDB_UNSUPPORTED` where keys cannot be listed by their prefix. */
  refuseWithoutScan(operation: string): void {
    const { name, supports } = this.#driver;
    if (supports.scan) return;
    const message = `${name} cannot list keys by their prefix`;
    throw new OAuthDatabaseError('OAUTHDB_UNSUPPORTED', message, { operation, outcome: 'not_executed' });
  }

  /** One page, as the backend gives it. */
  async page(operation: string, where: Where, after: string | undefined, limit: number): Promise<Page> {
    if ('prefix' in where) this.refuseWithoutScan(operation);
    return this.#calls.run(operation, 'read', (at) => this.#driver.list(where, { after, limit }, at));
  }

  /** What all pages list, in pieces of at most `limit`: a backend may give more than it is asked for. */
  async *all(
    operation: string,
    where: Where,
    limit: number,
  ): AsyncGenerator<readonly string[], void, undefined> {
    for (let after: string | undefined; ;) {
      const { items, next } = await this.page(operation, where, after, limit);
      for (let i = 0; i < items.length; i += limit) yield items.slice(i, i + limit);
      if (next === null) return;
      after = next;
    }
  }
}
