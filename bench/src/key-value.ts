import { each } from './operation.ts';
import { keyOf, KEYS, VALUE } from './values.ts';

/**
 * Keys and values, as a bare client has them and what else npm has for them. What is stored is always `VALUE`, or a record that holds
 * it, and ends in `LIFE_MS`. What is absent is `null` or `undefined`.
 */
export interface KeyValue {
  readonly set: (key: string) => unknown;
  readonly get: (key: string) => unknown;
  readonly delete: (key: string) => unknown;
  readonly has?: (key: string) => unknown;
  /** Only if there is none. */
  readonly add?: (key: string) => unknown;
  /** Gives the value and deletes it, in one step. */
  readonly take?: (key: string) => unknown;
  /** How long it lives, in milliseconds. */
  readonly life?: (key: string) => unknown;
  /** Lets it live for so many milliseconds. */
  readonly prolong?: (key: string, ms: number) => unknown;
  readonly setSeveral?: (keys: readonly string[]) => unknown;
  readonly getSeveral?: (keys: readonly string[]) => unknown;
  readonly deleteSeveral?: (keys: readonly string[]) => unknown;
}

/** How many keys are stored in one go where that is not what is measured. */
const BATCH = 500;

/** Stores all keys that are ever read. */
export function fill(client: KeyValue): Promise<void> {
  return store(
    client,
    Array.from({ length: KEYS }, (_, i) => keyOf(i)),
  );
}

/** Stores some keys. @throws Error if they are not there afterwards. */
export async function store(client: KeyValue, keys: readonly string[]): Promise<void> {
  if (client.setSeveral === undefined) {
    await each(0, keys.length, (i) => client.set(keys[i] ?? ''));
  } else {
    for (let i = 0; i < keys.length; i += BATCH) await client.setSeveral(keys.slice(i, i + BATCH));
  }
  if (!holds(await client.get(keys.at(-1) ?? ''))) throw new Error('what was stored is not there');
}

/** Whether this is what was stored, in whatever form. */
export function holds(answer: unknown): boolean {
  return answer === VALUE || JSON.stringify(answer ?? null).includes(VALUE);
}
