import { randomUUID } from 'node:crypto';
import { attempt } from '../attempt.ts';
import type { Moment, Taken } from '../driver.ts';
import { checkKey } from '../input.ts';
import { checkId, checkRecord, isoOf } from './record-input.ts';
import type { AuthorizationRequest, Life, Stored } from './records.ts';
import { isLive, withEnd } from './record-life.ts';
import { REMEMBER_MS, type RecordStore } from './record-store.ts';

export type ConsumedState =
  | { readonly status: 'consumed'; readonly state: AuthorizationRequest & Stored }
  | { readonly status: 'already_used' | 'expired' | 'not_found' };

/** Authorization requests, each kept under its `state` until the user comes back. */
export class States {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /**
   * Stores an authorization request under an unguessable state, for 5 minutes unless it says otherwise. One round trip.
   *
   * @throws TypeError for a life of more than a year, or for ever.
   * @see RFC 6749 section 10.12
   */
  async store(state: string, request: AuthorizationRequest & Life): Promise<void> {
    const id = this.#records.keys.handle('state', checkKey(state, 'state'));
    const record = checkRecord(request, 'request');
    checkId(record, 'client_id', 'request');
    const expiresAt = this.#records.shortExpiryOf('state', request, 'request');
    const stored = { ...record, handle: id, expires_at: isoOf(expiresAt) };
    await this.#records.commit('states.store', 'idempotent', () => ({
      puts: [this.#records.put('state', id, stored, expiresAt)],
    }));
  }

  /**
   * Takes an authorization request: of any number of callers one gets it, also if its reply was lost and the call was repeated.
   * One step, one round trip.
   */
  consume(state: string): Promise<ConsumedState> {
    return attempt(() => {
      const { keys, calls, driver } = this.#records;
      const key = keys.of('state', keys.handle('state', checkKey(state, 'state')));
      const take = { key, attempt: randomUUID(), rememberMs: REMEMBER_MS };
      return calls.run(
        'states.consume',
        'idempotent',
        (at) => driver.take(take, at),
        (taken, at) => this.#consumed(key, taken, at),
      );
    });
  }

  #consumed(key: string, taken: Taken, { now }: Moment): ConsumedState {
    if (taken.status === 'absent' || taken.status === 'refused') return { status: 'not_found' };
    if (taken.status === 'used') return { status: 'already_used' };
    const { handle: _handle, ...record } = this.#records.decode('state', key, taken.value);
    if (!isLive(record, now)) return { status: 'expired' };
    return { status: 'consumed', state: withEnd(record) as AuthorizationRequest & Stored };
  }
}
