import type { Issuance, OAuthDatabase, Revoked } from '@oauthdb/core';
import { deletingPair, exchanging, pairOf, storingPair } from '../bare-operations.ts';
import { once, type Compared } from '../operation.ts';
import { issuedTo, newKey } from '../values.ts';
import { afterRegistering, registerAll } from './clients.ts';
import { statusOf } from './status.ts';

function pair(i: number): Issuance {
  const [jti, token] = pairOf(i);
  return { ...issuedTo(i), accessToken: { jti }, refreshToken: { token } };
}

async function areThere(db: OAuthDatabase, i: number): Promise<boolean> {
  const [jti, token] = pairOf(i);
  return (await db.accessTokens.has(jti)) && (await db.refreshTokens.get(token)) !== null;
}

/** What is issued at once, and revoked at once. */
export const grants = {
  issue: {
    command: '2 SET key value PX, sent together',
    bare: storingPair,
    ours: (db) => ({
      ready: once(() => registerAll(db)),
      call: (i) => db.issue(pair(i)),
      isRight: async (answer, i) => statusOf(answer) === 'issued' && areThere(db, i),
    }),
  },
  'issue, redeeming a code': {
    command: 'GETDEL key, then 2 SET key value PX, sent together',
    bare: exchanging,
    ours: (db) => {
      return {
        ready: afterRegistering(db, (i) =>
          db.codes.store(newKey(i), { ...issuedTo(i), grant_id: newKey(i) }),
        ),
        call: (i) => db.issue({ code: newKey(i), grant_id: newKey(i), ...pair(i) }),
        isRight: async (answer, i) =>
          statusOf(answer) === 'issued' &&
          (await areThere(db, i)) &&
          (await db.codes.peek(newKey(i))) === null,
      };
    },
  },
  'revoke, of a grant': {
    command: 'DEL of 2 keys; in a cluster 2 DEL key, sent together',
    bare: deletingPair,
    ours: (db) => {
      return {
        ready: afterRegistering(db, (i) => db.issue({ ...pair(i), grant_id: newKey(i) })),
        call: (i) => db.revoke({ grantId: newKey(i) }),
        isRight: async (answer, i) => {
          const revoked = answer as Revoked | null;
          const both = revoked?.accessTokens === 1 && revoked.refreshTokens === 1;
          return both && !(await db.accessTokens.has(pairOf(i)[0]));
        },
      };
    },
  },
} as const satisfies { readonly [operation: string]: Compared };
