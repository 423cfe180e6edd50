import { resolveOptions, type DatabaseOptions } from '@oauthdb/core';
import { companionPrefix } from './companion.ts';
import { inOneSlot } from './slot.ts';

function prefixesOf(options: DatabaseOptions): string[] {
  const { keyPrefix, serverKeyPrefix } = resolveOptions(options);
  return [keyPrefix, serverKeyPrefix];
}

/** Throws a `TypeError` if what is kept beside the keys of one prefix could be a key of another. */
export function checkPrefixes(options: DatabaseOptions): void {
  const prefixes = prefixesOf(options);
  for (const beside of prefixes.map(companionPrefix)) {
    const clash = prefixes.find((prefix) => prefix.startsWith(beside) || beside.startsWith(prefix));
    if (clash !== undefined) {
      throw new TypeError(
        `the prefix ${JSON.stringify(clash)} is taken: keys that begin with ${JSON.stringify(beside)} are kept beside others`,
      );
    }
  }
}

/** Whether a cluster keeps all that these prefixes begin in one slot, so that every change can be one step. */
export function isOneSlot(options: DatabaseOptions): boolean {
  return inOneSlot(prefixesOf(options));
}
