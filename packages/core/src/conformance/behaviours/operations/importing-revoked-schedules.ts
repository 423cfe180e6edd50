import assert from 'node:assert/strict';
import type { GrantOwner } from '../../../grants/owner.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Exported } from '../../../operations/exported.ts';
import { stopping } from '../../stopping.ts';
import type { Behaviour } from '../../suite.ts';
import { anyAlive, flow, issueTokens, type Flow, type Tokens } from '../grants/flow.ts';
import { copyOf, removed } from './importing-revoked.ts';

const ownersOf = ({ username, clientId, grantId }: Flow): readonly GrantOwner[] => [
  { username },
  { clientId },
  { grantId },
];

interface Lost extends Tokens {
  readonly f: Flow;
  readonly copy: readonly Exported[];
}

/** Tokens that are in a copy alone, which nobody has revoked. */
async function losing(db: OAuthDatabase): Promise<Lost> {
  const f = flow();
  const tokens = await issueTokens(db, f);
  const copy = await copyOf(db, f);
  await db.import(copy.map(removed));
  return { f, ...tokens, copy };
}

export const importingRevokedSchedules: Behaviour = {
  name: 'an import beside a revocation',
  cases: [
    {
      name: 'leaves nothing of what is revoked meanwhile, and counts it as refused',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        for (const which of ownersOf(flow()).keys()) {
          for (let stop = 0; ; stop++) {
            const about = `${which}, ${stop}`;
            const { f, copy, ...tokens } = await losing(db);
            const { driver, reached, go } = stopping(t.driver, stop);
            const importing = t.issuerOver(driver).import(copy);
            const ended = (await Promise.race([reached, importing])) !== 'stopped';
            const revoked = await db.revoke(ownersOf(f)[which] as GrantOwner);
            go();
            const { stored, refused } = await importing;
            assert.equal(await anyAlive(db, tokens), false, about);
            assert.equal(stored, revoked.accessTokens + revoked.refreshTokens, about);
            assert.equal(refused, copy.length - stored, about);
            if (ended) break;
          }
        }
      },
    },
    {
      name: 'leaves nothing of it where it was cut off afterwards, at any step, once it is run again',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        for (let stop = 0, ended = false; !ended; stop++) {
          for (let cut = stop, done = false; !done; cut++) {
            const { f, copy, ...tokens } = await losing(db);
            const cutting = stopping(t.driver, cut);
            const { driver, reached, go } = stopping(cutting.driver, stop);
            const importing = t.issuerOver(driver, { maxRetriesPerRequest: 0 }).import(copy);
            ended = (await Promise.race([reached, importing])) !== 'stopped';
            await db.revoke({ username: f.username });
            go();
            done = (await Promise.race([cutting.reached, importing])) !== 'stopped';
            cutting.crash();
            await importing.catch(() => {});
            await db.import(copy);
            assert.equal(await anyAlive(db, tokens), false, `${stop}, ${cut}`);
          }
        }
      },
    },
  ],
};
