import { fill, holds, store, type KeyValue } from './key-value.ts';
import { once, type Measured } from './operation.ts';
import { keyOf, LIFE_MS, newKey, newKeys, SEVERAL, severalKeys } from './values.ts';

// What a bare client does in place of an operation; `null` where it has no such command.

async function isStored(client: KeyValue, key: string): Promise<boolean> {
  return holds(await client.get(key));
}

async function isGone(client: KeyValue, key: string): Promise<boolean> {
  return ((await client.get(key)) ?? null) === null;
}

/** Stores the same keys again and again. */
export function overwriting(client: KeyValue): Measured {
  return {
    call: (i) => client.set(keyOf(i)),
    isRight: (_, i) => isStored(client, keyOf(i)),
  };
}

/** Stores a key that was not there. */
export function storing(client: KeyValue): Measured {
  return {
    call: (i) => client.set(newKey(i)),
    isRight: (_, i) => isStored(client, newKey(i)),
  };
}

export function reading(client: KeyValue): Measured {
  return { ready: once(() => fill(client)), call: (i) => client.get(keyOf(i)), isRight: holds };
}

/** Reads a key, and stores it anew. */
export function changing(client: KeyValue): Measured {
  return {
    ready: once(() => fill(client)),
    call: async (i) => {
      const found = await client.get(keyOf(i));
      await client.set(keyOf(i));
      return found;
    },
    isRight: async (answer, i) => holds(answer) && (await isStored(client, keyOf(i))),
  };
}

/** Deletes a key that is there. */
export function deleting(client: KeyValue): Measured {
  return {
    ready: (first, end) => store(client, numbered(first, end, newKey)),
    call: (i) => client.delete(newKey(i)),
    isRight: (_, i) => isGone(client, newKey(i)),
  };
}

export function having(client: KeyValue): Measured | null {
  const { has } = client;
  if (has === undefined) return null;
  return {
    ready: once(() => fill(client)),
    call: (i) => has(keyOf(i)),
    isRight: async (answer) => Number(answer) === 1 && Number(await has('none')) === 0,
  };
}

export function adding(client: KeyValue): Measured | null {
  const { add } = client;
  if (add === undefined) return null;
  return { call: (i) => add(newKey(i)), isRight: (_, i) => isStored(client, newKey(i)) };
}

/** Takes a key that is there. */
export function taking(client: KeyValue): Measured | null {
  const { take } = client;
  if (take === undefined) return null;
  return {
    ready: (first, end) => store(client, numbered(first, end, newKey)),
    call: (i) => take(newKey(i)),
    isRight: async (answer, i) => holds(answer) && (await isGone(client, newKey(i))),
  };
}

export function askingLife(client: KeyValue): Measured | null {
  const { life } = client;
  if (life === undefined) return null;
  return {
    ready: once(() => fill(client)),
    call: (i) => life(keyOf(i)),
    isRight: (answer) => Number(answer) > 0 && Number(answer) <= LIFE_MS,
  };
}

export function prolonging(client: KeyValue): Measured | null {
  const { prolong, life } = client;
  if (prolong === undefined || life === undefined) return null;
  return {
    ready: once(() => fill(client)),
    call: (i) => prolong(keyOf(i), 2 * LIFE_MS),
    isRight: async (_, i) => Number(await life(keyOf(i))) > LIFE_MS,
  };
}

export function overwritingSeveral(client: KeyValue): Measured | null {
  const { setSeveral } = client;
  if (setSeveral === undefined) return null;
  return {
    call: (i) => setSeveral(severalKeys(i)),
    isRight: (_, i) => isStored(client, severalKeys(i).at(-1) ?? ''),
  };
}

export function readingSeveral(client: KeyValue): Measured | null {
  const { getSeveral } = client;
  if (getSeveral === undefined) return null;
  return {
    ready: once(() => fill(client)),
    call: (i) => getSeveral(severalKeys(i)),
    isRight: (answer) => Array.isArray(answer) && answer.length === SEVERAL && answer.every(holds),
  };
}

/** The two keys of a pair of tokens that is issued. */
export function pairOf(i: number): readonly [string, string] {
  return [`access_${i}`, `refresh_${i}`];
}

/** Stores two keys that were not there. */
export function storingPair(client: KeyValue): Measured | null {
  const { setSeveral } = client;
  if (setSeveral === undefined) return null;
  return {
    call: (i) => setSeveral(pairOf(i)),
    isRight: (_, i) => isStored(client, pairOf(i)[1]),
  };
}

/** Takes a key that is there, and stores two others. */
export function exchanging(client: KeyValue): Measured | null {
  const { take, setSeveral } = client;
  if (take === undefined || setSeveral === undefined) return null;
  return {
    ready: (first, end) => store(client, numbered(first, end, newKey)),
    call: async (i) => {
      const found = await take(newKey(i));
      await setSeveral(pairOf(i));
      return found;
    },
    isRight: async (answer, i) =>
      holds(answer) && (await isGone(client, newKey(i))) && (await isStored(client, pairOf(i)[1])),
  };
}

/** Deletes the two keys of a pair, which are there. */
export function deletingPair(client: KeyValue): Measured | null {
  return deletingAll(client, pairOf);
}

/** Deletes several keys that are there. */
export function deletingSeveral(client: KeyValue): Measured | null {
  return deletingAll(client, newKeys);
}

function deletingAll(client: KeyValue, keysOf: (i: number) => readonly string[]): Measured | null {
  const { deleteSeveral } = client;
  if (deleteSeveral === undefined) return null;
  return {
    ready: (first, end) => store(client, numbered(first, end, keysOf).flat()),
    call: (i) => deleteSeveral(keysOf(i)),
    isRight: async (_, i) => {
      const gone = await Promise.all(keysOf(i).map((key) => isGone(client, key)));
      return gone.every(Boolean);
    },
  };
}

function numbered<T>(first: number, end: number, of: (i: number) => T): T[] {
  return Array.from({ length: end - first }, (_, k) => of(first + k));
}
