import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { anyAlive, flow, issuance, issueTokens, storeCode, successors } from './flow.ts';
import { everyMeeting } from './orders.ts';

const owners = ['username', 'clientId', 'grantId'] as const;

export const meetings: Behaviour = {
  name: 'meetings: stopped before each step, while a revocation runs to each of its own,',
  cases: [
    {
      name: 'an issue without a code brings nothing back',
      run: async (t) => {
        for (const by of owners) {
          await everyMeeting(t, async () => {
            const f = flow();
            const { jti, token, ...rest } = issuance(f);
            return {
              slow: (slow) => slow.issue(rest),
              rival: (rival) => rival.revoke({ [by]: f[by] } as never),
              holds: async (db) => assert.equal(await anyAlive(db, { jti, token }), false),
            };
          });
        }
      },
    },
    {
      name: 'an issue for a code brings nothing back',
      run: async (t) => {
        for (const by of owners) {
          await everyMeeting(t, async (prepared) => {
            const f = flow();
            const { jti, token, ...rest } = issuance(f, await storeCode(prepared, f));
            return {
              slow: (slow) => slow.issue(rest),
              rival: (rival) => rival.revoke({ [by]: f[by] } as never),
              holds: async (db) => assert.equal(await anyAlive(db, { jti, token }), false),
            };
          });
        }
      },
    },
    {
      name: 'a rotation brings nothing back',
      run: async (t) => {
        for (const by of owners) {
          await everyMeeting(t, async (prepared) => {
            const f = flow();
            const first = await issueTokens(prepared, f);
            const to = successors();
            return {
              slow: (slow) => slow.refreshTokens.rotate(first.token, to.next),
              rival: (rival) => rival.revoke({ [by]: f[by] } as never),
              holds: async (db) => assert.equal(await anyAlive(db, first, to), false),
            };
          });
        }
      },
    },
  ],
};
