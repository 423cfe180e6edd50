import { randomUUID } from 'node:crypto';
import { checkId, checkOptionalId, checkRecord, isoOf } from './record-input.ts';
import type { Code, CodeGrant, Life } from './records.ts';
import { isLive, withEnd } from './record-life.ts';
import { contended, REMEMBER_MS, TRIES, type RecordStore } from './record-store.ts';
import { BOUND, codeId, redeeming, whyRefused, type Redemption, type Refused } from './redeem.ts';

export type ConsumedCode = { readonly status: 'consumed'; readonly code: Code } | Refused;

/** Authorization codes: single use, bound to a client, and known as used until they would have expired. */
export class Codes {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /**
   * Stores what a code stands for, for 60 seconds unless it says otherwise, and gives it as stored. One round trip.
   *
   * @throws TypeError for a life of more than a year, or for ever.
   */
  async store(code: string, grant: CodeGrant & Life): Promise<Code> {
    const id = codeId(this.#records, code);
    const record = checkRecord(grant, 'grant');
    checkId(record, 'client_id', 'grant');
    for (const member of ['grant_id', 'username']) checkOptionalId(record, member, 'grant');
    const expiresAt = this.#records.shortExpiryOf('code', grant, 'grant');
    const stored = {
      ...record,
      grant_id: record['grant_id'] ?? this.#records.newGrant(record),
      expires_at: isoOf(expiresAt),
    };
    await this.#records.commit('codes.store', 'idempotent', () => ({
      puts: [this.#records.put('code', id, { ...stored, handle: id }, expiresAt, BOUND)],
    }));
    return stored as unknown as Code;
  }

  /** Reads what a code stands for and leaves it usable; `null` when it is unknown, used or expired. One round trip. */
  async peek(code: string): Promise<Code | null> {
    const found = await this.#records.readOne('codes.peek', 'code', codeId(this.#records, code));
    return found === null ? null : asCode(found.record);
  }

  /**
   * Redeems a code: of any number of callers one gets it, also if its reply was lost and the call was repeated.
   *
   * One step, one round trip; one or two more to find out why it was refused. To store tokens in the same step: `issue`.
   *
   * @see RFC 6749 section 4.1.3
   */
  async consume(code: string, redemption: Redemption): Promise<ConsumedCode> {
    const { key, containing } = redeeming(this.#records, code, redemption);
    const attempt = randomUUID();
    const take = (text: string): Promise<ConsumedCode | null> =>
      this.#records.calls.run('codes.consume', 'idempotent', async (at) => {
        const taken = await this.#records.driver.take(
          { key, attempt, containing: text, rememberMs: REMEMBER_MS },
          at,
        );
        if (taken.status === 'refused') return null;
        if (taken.status === 'absent') return { status: 'not_found' };
        const record = this.#records.decode('code', key, taken.value);
        if (taken.status === 'used') return { status: 'already_used', grant_id: String(record['grant_id']) };
        if (!isLive(record, at.now)) return { status: 'expired' };
        return { status: 'consumed', code: asCode(withEnd(record)) };
      });
    for (let text = containing, tries = 0; tries < TRIES; tries++) {
      const taken = await take(text);
      if (taken !== null) return taken;
      const refused = await whyRefused(this.#records, 'codes.consume', code, redemption);
      if (!('value' in refused)) return refused;
      // Another program, or another key, says the same in another form: then it must be exactly what was read, until that changes.
      text = refused.value;
    }
    throw contended('codes.consume');
  }
}

function asCode({ handle: _handle, ...record }: Record<string, unknown>): Code {
  return record as unknown as Code;
}
