import type { OAuthDatabase } from '@oauthdb/core';
import { copyOf, either, following, type Pair } from './pair.ts';

/**
 * What is single use is taken from the one that follows first, where that decides nothing, and then from the one that decides: if
 * anything fails in between, the entry is still where it is decided. What that one has not, the other has decided.
 */
export function dualStates({ old, next }: Pair): OAuthDatabase['states'] {
  return {
    async store(state, request) {
      const own = copyOf(request);
      await old.states.store(state, own);
      await following(() => next.states.store(state, own));
    },
    async consume(state) {
      const there = await next.states.consume(state);
      const decided = await following(() => old.states.consume(state));
      return decided.status === 'not_found' ? there : decided;
    },
  };
}

export function dualCodes(pair: Pair): OAuthDatabase['codes'] {
  const { old, next } = pair;
  return {
    async store(code, grant) {
      const stored = await old.codes.store(code, grant);
      await following(() => next.codes.store(code, stored));
      return stored;
    },
    peek: (code) => either(pair, (db) => db.codes.peek(code)),
    async consume(code, redemption) {
      const there = await next.codes.consume(code, redemption);
      const decided = await following(() => old.codes.consume(code, redemption));
      return decided.status === 'not_found' ? there : decided;
    },
  };
}
