import assert from 'node:assert/strict';
import type { Exported } from '../../../operations/exported.ts';
import type { ImportOptions } from '../../../operations/import.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Context } from '../../context.ts';
import { losing } from '../../losing.ts';
import { stopping } from '../../stopping.ts';
import type { Behaviour } from '../../suite.ts';
import { hour } from '../../tools.ts';
import { flow, issueTokens, redirectUri, storeCode, successors } from '../grants/flow.ts';
import { storeEverything } from '../secrets/everything.ts';
import { comparable, elsewhere, everythingIn } from './copying.ts';
import { copyOf, removed } from './importing-revoked.ts';

interface Round {
  readonly records: readonly Exported[];
  readonly rival: () => Promise<unknown>;
  readonly after: (stop: number) => Promise<void>;
}

/** Imports, stopped before each of its steps in turn, while a rival runs; `after` is asked each time. */
async function stopped(t: Context, options: ImportOptions, round: () => Promise<Round>): Promise<void> {
  for (let stop = 0; ; stop++) {
    const { records, rival, after } = await round();
    const { driver, reached, go } = stopping(t.driver, stop);
    const importing = t.issuerOver(driver).import(records, options);
    const ended = (await Promise.race([reached, importing])) !== 'stopped';
    await rival();
    go();
    await importing;
    await after(stop);
    if (ended) return;
  }
}

async function exported(db: OAuthDatabase, kind: Exported['kind']): Promise<Exported[]> {
  return (await everythingIn(db)).filter((one) => one.kind === kind);
}

export const importingSchedules: Behaviour = {
  name: 'an import beside others',
  cases: [
    {
      name: 'makes nothing valid again that is rotated meanwhile',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        for (const mode of ['merge', 'replace'] as const) {
          await stopped(t, { mode }, async () => {
            const f = flow();
            const { token } = await issueTokens(db, f);
            const [record] = (await exported(db, 'refresh')).filter(
              (one) => 'record' in one && one.record['grant_id'] === f.grantId,
            );
            const { next, token: successor } = successors();
            return {
              // Later than what is there, so that it takes its place.
              records: [{ ...record, expires_at: t.clock.in(800 * 24 * hour).toISOString() } as Exported],
              rival: () => db.refreshTokens.rotate(token, next),
              after: async (stop) => {
                assert.equal(await db.refreshTokens.get(token), null, `${mode}, ${stop}`);
                assert.notEqual(await db.refreshTokens.get(successor), null, `${mode}, ${stop}`);
                await db.revoke({ grantId: f.grantId });
              },
            };
          });
        }
      },
    },
    {
      name: 'makes nothing valid again that is used meanwhile',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        for (const mode of ['merge', 'replace'] as const) {
          await stopped(t, { mode }, async () => {
            const f = flow();
            const code = await storeCode(db, f);
            const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
            const records = await exported(db, 'code');
            return {
              records: records.filter((one) => 'record' in one && one.record['grant_id'] === f.grantId),
              rival: async () => assert.equal((await db.codes.consume(code, redemption)).status, 'consumed'),
              after: async (stop) => {
                assert.equal(
                  (await db.codes.consume(code, redemption)).status,
                  'already_used',
                  `${mode}, ${stop}`,
                );
              },
            };
          });
        }
      },
    },
    {
      name: 'lets what is stored meanwhile stay, when it is told to leave what is there',
      run: async (t) => {
        const db = await t.issuer();
        await stopped(t, { mode: 'skip' }, async () => {
          await db.deleteToken('k');
          return {
            records: [{ kind: 'held', key: 'k', value: 'comes', expires_at: null }],
            rival: () => db.storeToken('k', 'stored'),
            after: async (stop) => assert.equal(await db.getToken('k'), 'stored', String(stop)),
          };
        });
      },
    },
    {
      name: 'lists what it stores before it can be read',
      run: async (t) => {
        if (!t.supports.scan) return;
        const from = await t.issuer();
        await stopped(t, {}, async () => {
          const f = flow();
          const { jti } = await issueTokens(from, f);
          const records = (await copyOf(from, f)).filter(({ kind }) => kind === 'token');
          await from.import(records.map(removed));
          return {
            records,
            rival: async () => {
              if (!(await from.accessTokens.has(jti))) return;
              assert.equal((await from.revoke({ username: f.username })).accessTokens, 1);
            },
            after: async () => {
              await from.revoke({ username: f.username });
              assert.equal(await from.accessTokens.get(jti), null);
            },
          };
        });
      },
    },
    {
      name: 'is finished by another one where it was cut off, at any step',
      run: async (t) => {
        if (!t.supports.scan) return;
        const from = await t.issuer();
        await storeEverything(from, t);
        const all = await everythingIn(from);
        for (let stop = 0; ; stop++) {
          const there = {
            ...elsewhere(t),
            serverKeyPrefix: `${t.prefix}there${stop}:`,
            keyPrefix: `${t.prefix}held${stop}:`,
          };
          const to = await t.issuer(there);
          const { driver, reached, crash } = stopping(t.driver, stop);
          const importing = t.issuerOver(driver, { ...there, maxRetriesPerRequest: 0 }).import(all);
          const ended = (await Promise.race([reached, importing])) !== 'stopped';
          crash();
          await importing.catch(() => {});
          await to.import(all);
          assert.deepEqual(comparable(await everythingIn(to), t), comparable(all, t), String(stop));
          if (ended) return;
        }
      },
    },
    {
      name: 'counts what it has stored though a reply was lost, whichever',
      run: async (t) => {
        if (!t.supports.scan) return;
        const from = await t.issuer();
        await storeEverything(from, t);
        const all = await everythingIn(from);
        for (let lost = 0; ; lost++) {
          const there = { serverKeyPrefix: `${t.prefix}there${lost}:`, keyPrefix: `${t.prefix}held${lost}:` };
          const { driver, hasLost } = losing(t.driver, lost);
          const { stored } = await t.issuerOver(driver, { ...there, retryDelayOnFailover: 0 }).import(all);
          assert.equal(stored, all.length, String(lost));
          if (!hasLost()) return;
        }
      },
    },
  ],
};
