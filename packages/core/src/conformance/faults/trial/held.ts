import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Tally } from './tally.ts';
import type { Did, Work } from './work.ts';

/** What may be under a key, by what its callers were told. */
class Expectation {
  #possible: ReadonlySet<string | null> = new Set([null]);
  readonly #tokens = new Set<string>();
  #last: { readonly deletes: boolean; readonly did: Did } | undefined;

  stored(token: string, did: Did): void {
    this.#tokens.add(token);
    this.#last = { deletes: false, did };
    this.#becomes(token, did);
  }

  deleted(did: Did): void {
    this.#last = { deletes: true, did };
    this.#becomes(null, did);
  }

  /** Counts what is wrong with a value that was read. */
  check(value: string | null, tally: Tally): void {
    if (this.#possible.has(value)) return;
    const { deletes = false, did } = this.#last ?? {};
    if (value !== null && !this.#tokens.has(value)) tally.wrong++;
    else if (value === null) tally.lost++;
    else if (did === 'not_executed') tally.ghosts++;
    else if (deletes) tally.undead++;
    else tally.wrong++;
  }

  #becomes(value: string | null, did: Did): void {
    if (did === 'done') this.#possible = new Set([value]);
    if (did === 'unknown') this.#possible = new Set([...this.#possible, value]);
  }
}

/** Stores tokens under new keys, reads them, replaces some, deletes some. */
export class Held {
  readonly #expected = new Map<string, Expectation>();

  async round({ db, call, tally, secret }: Work): Promise<void> {
    const [key, n] = [secret('key'), this.#expected.size];
    const expected = new Expectation();
    this.#expected.set(key, expected);
    const store = async (token: string): Promise<void> =>
      expected.stored(token, (await call(() => db.storeToken(key, token))).did);
    await store(secret('token'));
    const read = await call(() => db.getToken(key));
    if (read.did === 'done') expected.check(read.value ?? null, tally);
    if (n % 4 === 1) await store(secret('token'));
    if (n % 2 === 0) expected.deleted((await call(() => db.deleteToken(key))).did);
  }

  async verify(db: OAuthDatabase, tally: Tally): Promise<void> {
    const keys = [...this.#expected.keys()];
    const values = await db.getTokens(keys);
    for (const [i, key] of keys.entries()) this.#expected.get(key)?.check(values[i] ?? null, tally);
  }
}
