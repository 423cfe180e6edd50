import type { AuthorizationRequest } from '@oauthdb/core';
import { storing, taking } from '../bare-operations.ts';
import { each, type Compared } from '../operation.ts';
import { issuedTo, newKey } from '../values.ts';
import { statusOf } from './status.ts';

function request(i: number): AuthorizationRequest {
  const { client_id, scope } = issuedTo(i);
  return {
    client_id,
    scope,
    redirect_uri: 'https://app.example.com/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
}

/** Authorization requests. */
export const states = {
  'states.store': {
    command: 'SET key value PX',
    bare: storing,
    ours: (db) => ({
      call: (i) => db.states.store(newKey(i), request(i)),
      isRight: async (_, i) => statusOf(await db.states.consume(newKey(i))) === 'consumed',
    }),
  },
  'states.consume': {
    command: 'GETDEL key',
    bare: taking,
    ours: (db) => ({
      ready: (first, end) => each(first, end, (i) => db.states.store(newKey(i), request(i))),
      call: (i) => db.states.consume(newKey(i)),
      isRight: async (answer, i) =>
        statusOf(answer) === 'consumed' && statusOf(await db.states.consume(newKey(i))) !== 'consumed',
    }),
  },
} as const satisfies { readonly [operation: string]: Compared };
