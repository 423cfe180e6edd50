import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Tally } from './tally.ts';
import type { Work } from './work.ts';

const redirect_uri = 'http://localhost:8080/callback';
const hour = 3_600_000;

/** To take it; to look why it was refused, and to take it as it is. */
const STEPS = 3;

/** Stores codes, and has each redeemed by two at once. */
export class Codes {
  /** Codes that must be good, or must not be. */
  readonly #good = new Set<string>();
  readonly #dead = new Set<string>();
  /** Codes that were never stored, as their caller was told. */
  readonly #never = new Set<string>();

  async round({ db, other, call, tally, secret }: Work): Promise<void> {
    const [code, client_id] = [secret('code'), secret('client')];
    const grant = { client_id, redirect_uri, expires_at: new Date(Date.now() + hour) };
    const stored = await call(() => db.codes.store(code, grant));
    if (stored.did === 'not_executed') this.#never.add(code);
    if (stored.did !== 'done') return;
    const consume = (by: OAuthDatabase) =>
      call(() => by.codes.consume(code, { client_id, redirect_uri }), STEPS);
    const answers = await Promise.all([consume(db), consume(other)]);
    const winners = answers.filter(({ did, value }) => did === 'done' && value?.status === 'consumed').length;
    const unsure = answers.some(({ did }) => did === 'unknown');
    if (winners > 1) tally.doubleSpends++;
    if (winners === 1) this.#dead.add(code);
    else if (answers.every(({ did }) => did === 'not_executed')) this.#good.add(code);
    else if (!unsure) tally.burnt++;
  }

  async verify(db: OAuthDatabase, tally: Tally): Promise<void> {
    const isGood = async (code: string): Promise<boolean> => (await db.codes.peek(code)) !== null;
    for (const code of this.#good) if (!(await isGood(code))) tally.burnt++;
    for (const code of this.#never) if (await isGood(code)) tally.ghosts++;
    for (const code of this.#dead) if (await isGood(code)) tally.undead++;
  }
}
