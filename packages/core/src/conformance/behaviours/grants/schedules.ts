import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { secret, anyAlive, flow, issuance, issueTokens, storeCode, successors } from './flow.ts';
import { everySchedule } from './orders.ts';

export const schedules: Behaviour = {
  name: 'schedules: stopped before each step, while a rival runs to its end,',
  cases: [
    {
      name: 'a rotation brings nothing back that was revoked',
      run: async (t) => {
        for (const by of ['username', 'clientId', 'grantId'] as const) {
          await everySchedule(t, async (db) => {
            const f = flow();
            const first = await issueTokens(db, f);
            const to = successors();
            return {
              slow: (slow) => slow.refreshTokens.rotate(first.token, to.next),
              rival: (rival) => rival.revoke({ [by]: f[by] } as never),
              holds: async () => assert.equal(await anyAlive(db, first, to), false),
            };
          });
        }
      },
    },
    {
      name: 'an issue for a code brings nothing back that was revoked',
      run: async (t) => {
        for (const by of ['username', 'clientId', 'grantId'] as const) {
          await everySchedule(t, async (db) => {
            const f = flow();
            const { jti, token, ...rest } = issuance(f, await storeCode(db, f));
            return {
              slow: (slow) => slow.issue(rest),
              rival: (rival) => rival.revoke({ [by]: f[by] } as never),
              holds: async () => assert.equal(await anyAlive(db, { jti, token }), false),
            };
          });
        }
      },
    },
    {
      name: 'an issue without a code brings nothing back that was revoked',
      run: async (t) => {
        for (const by of ['username', 'clientId', 'grantId'] as const) {
          await everySchedule(t, async (db) => {
            const f = flow();
            const { jti, token, ...rest } = issuance(f);
            return {
              slow: (slow) => slow.issue(rest),
              rival: (rival) => rival.revoke({ [by]: f[by] } as never),
              holds: async (_db, slow) => {
                assert.equal(await anyAlive(db, { jti, token }), false);
                assert.ok(['revoked', 'issued'].includes((slow as { status: string }).status));
              },
            };
          });
        }
      },
    },
    {
      name: 'nothing is left of a client that is deleted while tokens are issued to it',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const f = flow();
          await db.clients.register({ client_id: f.clientId });
          const { jti, token, ...rest } = issuance(f, await storeCode(db, f));
          return {
            slow: (slow) => slow.issue(rest),
            rival: (rival) => rival.clients.delete(f.clientId),
            holds: async () => {
              assert.equal(await anyAlive(db, { jti, token }), false);
              assert.equal(await db.clients.get(f.clientId), null);
            },
          };
        });
      },
    },
    {
      name: 'nothing is left of a client that is deleted, by whoever looked for it before',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const f = flow();
          await db.clients.register({ client_id: f.clientId });
          const { jti, token, ...rest } = issuance(f);
          return {
            slow: (slow) => slow.clients.delete(f.clientId),
            rival: async (rival) => (await rival.clients.get(f.clientId)) && rival.issue(rest),
            holds: async () => assert.equal(await anyAlive(db, { jti, token }), false),
          };
        });
      },
    },
    {
      name: 'a revocation finds what is rotated under it',
      run: async (t) => {
        for (const by of ['username', 'clientId', 'grantId'] as const) {
          await everySchedule(t, async (db) => {
            const f = flow();
            const first = await issueTokens(db, f);
            const to = successors();
            return {
              slow: (slow) => slow.revoke({ [by]: f[by] } as never),
              rival: (rival) => rival.refreshTokens.rotate(first.token, to.next),
              holds: async () => assert.equal(await anyAlive(db, first, to), false),
            };
          });
        }
      },
    },
    {
      name: 'a revocation finds what is redeemed under it',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const f = flow();
          const { jti, token, ...rest } = issuance(f, await storeCode(db, f));
          return {
            slow: (slow) => slow.revoke({ username: f.username }),
            rival: (rival) => rival.issue(rest),
            holds: async () => assert.equal(await anyAlive(db, { jti, token }), false),
          };
        });
      },
    },
    {
      name: 'two rotations of one token have one successor, and its reuse is noticed',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const first = await issueTokens(db, flow());
          const [a, b] = [successors(), successors()];
          return {
            slow: (slow) => slow.refreshTokens.rotate(first.token, a.next),
            rival: (rival) => rival.refreshTokens.rotate(first.token, b.next),
            holds: async (_db, ...results) => {
              const statuses = results.map((result) => (result as { status: string }).status);
              assert.deepEqual(statuses.toSorted(), ['reused', 'rotated']);
              assert.equal(await anyAlive(db, a, b), false);
            },
          };
        });
      },
    },
    {
      name: 'two rotations of one token within the grace period give the same successor',
      run: async (t) => {
        const options = { rotation: { gracePeriod: 10_000, graceCount: 3 } };
        await everySchedule(
          t,
          async (db) => {
            const first = await issueTokens(db, flow());
            const [a, b] = [successors(), successors()];
            return {
              slow: (slow) => slow.refreshTokens.rotate(first.token, a.next),
              rival: (rival) => rival.refreshTokens.rotate(first.token, b.next),
              holds: async (_db, ...results) => {
                const tokens = results.map((result) => (result as { token?: string }).token);
                assert.equal(tokens[0], tokens[1]);
                assert.equal((await anyAlive(db, a)) !== (await anyAlive(db, b)), true);
              },
            };
          },
          options,
        );
      },
    },
    {
      name: 'one code is redeemed once',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const f = flow();
          const code = await storeCode(db, f);
          const [a, b] = [issuance(f, code), issuance(f, code)];
          const asked = ({ jti: _jti, token: _token, ...rest }: typeof a) => rest;
          return {
            slow: (slow) => slow.issue(asked(a)),
            rival: (rival) => rival.issue(asked(b)),
            holds: async (_db, ...results) => {
              const statuses = results.map((result) => (result as { status: string }).status);
              assert.deepEqual(statuses.toSorted(), ['already_used', 'issued']);
              assert.equal((await anyAlive(db, a)) !== (await anyAlive(db, b)), true);
            },
          };
        });
      },
    },
    {
      name: 'a change of a registration does not bring it back',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const { clientId } = flow();
          await db.clients.register({ client_id: clientId });
          return {
            slow: (slow) => slow.clients.update(clientId, { client_name: 'late' }),
            rival: (rival) => rival.clients.delete(clientId),
            holds: async () => assert.equal(await db.clients.get(clientId), null),
          };
        });
      },
    },
    {
      name: 'two changes of a registration both count',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const { clientId } = flow();
          await db.clients.register({ client_id: clientId });
          return {
            slow: (slow) => slow.clients.update(clientId, { a: 1 }),
            rival: (rival) => rival.clients.update(clientId, { b: 2 }),
            holds: async () => {
              const client = await db.clients.get(clientId);
              assert.deepEqual([client?.['a'], client?.['b']], [1, 2]);
            },
          };
        });
      },
    },
    {
      name: 'a touch does not bring a session back',
      run: async (t) => {
        await everySchedule(t, async (db) => {
          const id = secret('session');
          await db.sessions.store(id, {});
          return {
            slow: (slow) => slow.sessions.touch(id),
            rival: (rival) => rival.sessions.delete(id),
            holds: async () => assert.equal(await db.sessions.get(id), null),
          };
        });
      },
    },
  ],
};
