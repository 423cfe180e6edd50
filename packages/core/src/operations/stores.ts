import type { Calls } from '../calls.ts';
import type { Driver } from '../driver.ts';
import type { RecordStore } from '../grants/record-store.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import type { HandleForm } from './handle-form.ts';

/** What the operations work on: all that a database has. */
export interface Stores {
  readonly driver: Driver;
  readonly calls: Calls;
  readonly keyRing: KeyRing;
  /** Of the tokens that are held. */
  readonly heldPrefix: string;
  /** Of what was issued. */
  readonly issuedPrefix: string;
  readonly records: RecordStore;
  readonly handles: HandleForm;
}
