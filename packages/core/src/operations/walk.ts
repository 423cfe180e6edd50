import type { Entry } from '../driver.ts';
import { isOAuthDatabaseError, type OAuthDatabaseErrorCode } from '../error.ts';
import type { Kind } from '../grants/keys.ts';
import { isoOf } from '../grants/record-input.ts';
import { endOf } from '../grants/record-life.ts';
import { contended, TRIES } from '../grants/record-store.ts';
import { Pages } from '../pages.ts';
import { ahead } from '../ahead.ts';
import type { ExportedKind } from './exported.ts';
import type { Stores } from './stores.ts';

/** How many entries are held at a time. */
const PIECE = 500;

/** What lies between two clocks, and between a write and a read. */
const AGREED_MS = 60_000;

/** Where an entry is. */
export interface Place {
  readonly kind: ExportedKind;
  /** The key of a token that is held; the id of a record, or its handle. */
  readonly id: string;
  readonly key: string;
}

/** An entry that was read. */
export interface Walked extends Place {
  readonly version: string;
  /** As it is stored. */
  readonly value: string;
  /** The token of one that is held; the text of a record is of no use, and empty. */
  readonly text: string;
  /** What a record says; of a token that is held, nothing. */
  readonly record: Record<string, unknown>;
  /** Epoch milliseconds; `null`: never. It may be over, where the backend keeps what has expired. */
  readonly endsAt: number | null;
}

/** An entry that cannot be read: it was changed, its key is missing, or somebody else wrote it. */
export interface Unreadable {
  readonly kind: ExportedKind;
  readonly code: OAuthDatabaseErrorCode;
}

export interface Walk {
  readonly operation: string;
  readonly kinds: readonly ExportedKind[];
  /** Told of each entry that cannot be read, which is then passed over; left out, the walk ends there. */
  readonly unreadable?: ((one: Unreadable) => void) | undefined;
}

/**
 * All entries of some kinds, piece by piece: while one is worked on the next one is read, and the page behind it listed. What is
 * stored or deleted meanwhile may be among them or not, and one may come twice.
 */
export async function* walk(
  stores: Stores,
  { operation, kinds, unreadable }: Walk,
): AsyncGenerator<Walked[]> {
  const pages = new Pages(stores.driver, stores.calls);
  pages.refuseWithoutScan(operation);
  for (const prefix of prefixesOf(stores, kinds)) {
    const read = async function* (): AsyncGenerator<Walked[]> {
      for await (const keys of ahead(pages.all(operation, { prefix }, PIECE))) {
        const places = [...new Set(keys)]
          .map((key) => placeOf(stores, prefix, key))
          .filter((place) => place !== null && kinds.includes(place.kind)) as Place[];
        if (places.length > 0) yield await readAll(stores, operation, places, unreadable);
      }
    };
    yield* ahead(read());
  }
}

/** What lies at some places, and when it ends. What ends without saying so itself is asked of the backend. */
async function readAll(
  stores: Stores,
  operation: string,
  places: readonly Place[],
  unreadable: Walk['unreadable'],
): Promise<Walked[]> {
  const walked: Walked[] = [];
  const silent: Silent[] = [];
  const { records, keyRing } = stores;
  const take = (place: Place, { value, version }: Entry, life: number | null | undefined): void => {
    try {
      const text = place.kind === 'held' ? keyRing.open(place.key, value) : '';
      const record = place.kind === 'held' ? {} : records.decode(place.kind, place.key, value);
      const own = endOf(record);
      if (life === undefined) {
        // Another program renews the key of a registration, and leaves what it does not know as it was.
        const keyDecides = records.isShared && records.backendExpires && place.kind === 'client';
        if (own === null || keyDecides) silent.push({ place, version });
        else walked.push({ ...place, value, version, text, record, endsAt: own });
        return;
      }
      // What is said counts where both agree, for it is exact.
      const endsAt = own !== null && life !== null && Math.abs(own - life) <= AGREED_MS ? own : life;
      const said = own === null || own === endsAt ? record : { ...record, expires_at: isoOf(endsAt) };
      walked.push({ ...place, value, version, text, record: said, endsAt });
    } catch (error) {
      if (!isOAuthDatabaseError(error)) throw error;
      if (unreadable !== undefined) unreadable({ kind: place.kind, code: error.code });
      // Another program may keep there what is no record.
      else if (!records.isShared || error.code !== 'OAUTHDB_CORRUPT') throw error;
    }
  };
  const entries = await readEntries(stores, operation, places);
  places.forEach((place, i) => {
    const entry = entries[i];
    if (entry !== null && entry !== undefined) take(place, entry, undefined);
  });
  await readLives(stores, operation, silent, take);
  return walked;
}

/** An entry that does not say when it ends, as it was read. */
interface Silent {
  readonly place: Place;
  readonly version: string;
}

/** Reads the lives of entries, and the entries again: both of the same one, though somebody may put another. */
async function readLives(
  stores: Stores,
  operation: string,
  silent: readonly Silent[],
  take: (place: Place, entry: Entry, endsAt: number | null) => void,
): Promise<void> {
  let left = silent;
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === TRIES) throw contended(operation);
    const places = left.map(({ place }) => place);
    const keys = places.map(({ key }) => key);
    const { lives, now } = await stores.calls.run(operation, 'read', async (at) => {
      return { lives: await stores.driver.timeLeft(keys, at), now: at.now };
    });
    const entries = await readEntries(stores, operation, places);
    left = left.flatMap(({ place, version }, i) => {
      const [entry, life] = [entries[i], lives[i]];
      if (entry === null || entry === undefined || life === null || life === undefined) return [];
      if (entry.version !== version) return [{ place, version: entry.version }];
      take(place, entry, life === Infinity ? null : now + life);
      return [];
    });
  }
}

function readEntries(
  { records, calls }: Stores,
  operation: string,
  places: readonly Place[],
): Promise<readonly (Entry | null)[]> {
  const keys = places.map(({ key }) => key);
  return calls.run(operation, 'read', (at) => records.driver.read(keys, at));
}

/** Where to look: one pass over everything that is issued, unless only one kind of it is wanted. */
function prefixesOf({ heldPrefix, issuedPrefix, records }: Stores, kinds: readonly ExportedKind[]): string[] {
  const issued = kinds.filter((kind): kind is Kind => kind !== 'held');
  const [only] = issued;
  const prefixes = kinds.includes('held') ? [heldPrefix] : [];
  if (only === undefined) return prefixes;
  // Where another program shares the keys, a rotated token is not where its kind is.
  const isOne = issued.length === 1 && !(records.isShared && only === 'refresh');
  prefixes.push(isOne ? records.keys.prefixOf(only) : issuedPrefix);
  return prefixes;
}

function placeOf({ heldPrefix, records }: Stores, prefix: string, key: string): Place | null {
  if (prefix !== heldPrefix) {
    const ref = records.keys.refOf(key) ?? records.keys.rotatedOf(key);
    return ref === null ? null : { ...ref, key };
  }
  const id = key.slice(prefix.length);
  return id === '' ? null : { kind: 'held', id, key };
}
