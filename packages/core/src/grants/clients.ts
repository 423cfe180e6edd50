import { attempt } from '../attempt.ts';
import { checkKey } from '../input.ts';
import { afterPart } from '../partly.ts';
import { changeClient } from './client-change.ts';
import { listed, type PageOptions, type RecordPage } from './listing.ts';
import { listsOf } from './owner.ts';
import { checkId, checkRecord, isoOf } from './record-input.ts';
import type { Client, ClientMetadata, Life } from './records.ts';
import { contended, TRIES, type RecordStore } from './record-store.ts';
import { revoke, type Revoked } from './revoke.ts';

export type Registration =
  | { readonly status: 'registered'; readonly client: Client }
  | { readonly status: 'already_registered' };

export interface DeletedClient {
  /** Whether there was a registration. */
  readonly deleted: boolean;
  /** What had been issued to it, and is gone. */
  readonly revoked: Revoked;
}

/** Says what a registration becomes: the members that change, an `undefined` one is removed. */
export type ClientChange = (
  current: Client,
) => (Partial<ClientMetadata> & Life) | Promise<Partial<ClientMetadata> & Life>;

/** Client registrations. @see RFC 7591, RFC 7592 */
export class Clients {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /**
   * Registers a client, for 90 days unless it says otherwise, and gives it as stored; nothing changes when its id is taken.
   *
   * One step, one round trip; one more when the id is taken.
   */
  async register(metadata: ClientMetadata & Life): Promise<Registration> {
    const record = checkRecord(metadata, 'metadata');
    const id = checkId(record, 'client_id', 'metadata');
    const now = this.#records.now();
    const expiresAt = this.#records.expiryOf('client', metadata, 'metadata', now);
    const createdAt = record['created_at'] ?? isoOf(now);
    const stored = { ...record, created_at: createdAt, expires_at: isoOf(expiresAt) };
    const put = this.#records.put('client', id, stored, expiresAt);
    // The backend may still have one that has expired: it is replaced.
    for (let version: string | null = null, tries = 0; tries < TRIES; tries++) {
      const checks = [{ key: put.key, version }];
      // A repeat could not tell its own registration from another's: it is for the caller to look.
      const { committed } = await this.#records.commit('clients.register', 'single', () => ({
        checks,
        puts: [put],
      }));
      if (committed) return { status: 'registered', client: stored as unknown as Client };
      if ((await this.get(id)) !== null) return { status: 'already_registered' };
      version = await this.#records.versionOf('clients.register', put.key);
    }
    throw contended('clients.register');
  }

  /** Retrieves a registration; `null` when there is none, or no longer. One round trip. */
  get(clientId: string): Promise<Client | null> {
    return attempt(() => this.#records.readRecord('clients.get', 'client', checkKey(clientId, 'client_id')));
  }

  /**
   * Changes a registration and gives it as stored; `null` when there is none: it is never brought back, whoever deletes it
   * meanwhile. Of two changes at once both count: `change` is asked again when another came first. Two round trips.
   *
   * Its life stays as it is unless `expires_at` is named.
   *
   * @example
   * await db.clients.update('client_abc123', () => ({ client_name: 'A better name' }));
   */
  async update(
    clientId: string,
    change: ClientChange | (Partial<ClientMetadata> & Life),
  ): Promise<Client | null> {
    const id = checkKey(clientId, 'client_id');
    const asked = typeof change === 'function' ? change : () => change;
    return changeClient(this.#records, 'clients.update', id, async (current) => {
      const changed = await asked(current);
      if (changed.client_id !== undefined && changed.client_id !== id) {
        throw new TypeError('change.client_id must be left as it is: a client keeps its id');
      }
      const removed = Object.keys(changed).filter((member) => changed[member] === undefined);
      const next: Record<string, unknown> = { ...current, ...checkRecord(changed, 'change') };
      for (const member of removed) if (member !== 'expires_at') delete next[member];
      const life = changed.expires_at === undefined ? { expires_at: current.expires_at } : changed;
      return { record: next, expiresAt: this.#records.expiryOf('client', life, 'change') };
    });
  }

  /**
   * Deletes a registration and everything issued to the client: codes, access and refresh tokens. No import brings any of it back.
   *
   * The registration goes first, so that nothing more is issued; a call that fails half-way is finished by calling it again.
   *
   * @see RFC 7592 section 2.3
   */
  async delete(clientId: string): Promise<DeletedClient> {
    const id = checkKey(clientId, 'client_id');
    const deleted = await this.#records.deleteOne('clients.delete', 'client', id);
    const revoking = (): Promise<Revoked> => revoke(this.#records, 'clients.delete', { clientId: id });
    return { deleted, revoked: await (deleted ? afterPart('clients.delete', revoking) : revoking()) };
  }

  /**
   * All live registrations, or those that a user has granted something to, in no particular order, without ever holding all of
   * them; of all, one may come twice.
   */
  list(owner?: { readonly username: string }): AsyncIterable<Client> {
    return owner === undefined ? this.#all() : this.#of(owner.username);
  }

  /** One page of all live registrations. */
  async listPage({ after }: PageOptions = {}): Promise<RecordPage<Client>> {
    const prefix = this.#records.keys.prefixOf('client');
    const { items, next } = await this.#records.page('clients.listPage', { prefix }, after);
    return { items: await this.#read('clients.listPage', items), next };
  }

  async *#all(): AsyncGenerator<Client, void, undefined> {
    const prefix = this.#records.keys.prefixOf('client');
    for await (const keys of this.#records.pages('clients.list', { prefix })) {
      yield* await this.#read('clients.list', keys);
    }
  }

  /** A user has a client by what was issued to it. */
  async *#of(username: string): AsyncGenerator<Client, void, undefined> {
    const owner = listsOf(this.#records.keys, { username });
    const seen = new Set<string>();
    for (const kind of ['refresh', 'token'] as const) {
      for await (const { client_id: id } of listed<Issued>(this.#records, 'clients.list', { owner, kind })) {
        if (seen.has(id)) continue;
        seen.add(id);
        const client = await this.get(id);
        if (client !== null) yield client;
      }
    }
  }

  async #read(operation: string, keys: readonly string[]): Promise<Client[]> {
    return (await this.#records.readKeys(operation, 'client', keys)) as unknown as Client[];
  }
}

/** What says whose client something was issued to. */
interface Issued {
  readonly client_id: string;
}
