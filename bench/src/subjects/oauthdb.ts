import { randomUUID } from 'node:crypto';
import type { OAuthDatabase } from '@oauthdb/core';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import type { Subject } from '../subject.ts';

const USERS = 8192;
const CLIENTS = 32;
const RECORDS = 512;
/** More than are ever rotated at once. */
const CHAINS = 2048;

/** A database of this project, with all that its operations need in it. */
export async function oauthdb(name: string, db: OAuthDatabase): Promise<Subject> {
  const tag = randomUUID();
  const expiresAt = new Date(Date.now() + LIFE_MS);
  const client = (i: number): string => `client_${i % CLIENTS}`;
  const owner = (i: number) => ({ client_id: client(i), username: `user_${i % USERS}`, scope: 'mcp:*' });
  for (let i = 0; i < CLIENTS; i++) await db.clients.register({ client_id: `client_${i}` });
  for (let i = 0; i < RECORDS; i++) await db.accessTokens.store({ jti: `${tag}${i}`, ...owner(i) });

  // A token that is being rotated is out of the pool, and its successor in.
  const pool: string[] = [];
  const fillPool = async (): Promise<void> => {
    for (let i = 0; i < CHAINS; i += 64) {
      const some = Array.from({ length: 64 }, () => randomUUID());
      await Promise.all(some.map((token, k) => db.refreshTokens.store({ token, ...owner(i + k) })));
      pool.push(...some);
    }
  };
  let filled: Promise<void> | undefined;
  let issued = 0;

  return {
    name,
    calls: {
      storeToken: (i) => db.storeToken(keyOf(i), VALUE, expiresAt),
      getToken: (i) => db.getToken(keyOf(i)),
      hasToken: (i) => db.hasToken(keyOf(i)),
      deleteToken: (i) => db.deleteToken(missing(i)),
      'accessTokens.store': (i) => db.accessTokens.store({ jti: `${tag}s${issued++}`, ...owner(i) }),
      'accessTokens.get': (i) => db.accessTokens.get(`${tag}${i % RECORDS}`),
      'codes.store, codes.consume': async (i) => {
        const code = `${tag}${issued++}`;
        await db.codes.store(code, owner(i));
        return db.codes.consume(code, { client_id: client(i) });
      },
      issue: (i) => {
        const id = `${tag}i${issued++}`;
        return db.issue({ ...owner(i), accessToken: { jti: id }, refreshToken: { token: id } });
      },
      'refreshTokens.rotate': async () => {
        await (filled ??= fillPool());
        const token = pool.pop() ?? '';
        const next = `${tag}r${issued++}`;
        const rotated = await db.refreshTokens.rotate(token, () => ({ refreshToken: { token: next } }));
        pool.push(next);
        return rotated.status;
      },
    },
    close: () => db.close(),
  };
}
