// @ts-expect-error it has no types
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
// @ts-expect-error it has no types
import LRU from 'oidc-provider/lib/helpers/lru.js';
import { pairOf } from '../bare-operations.ts';
import { holds, type KeyValue } from '../key-value.ts';
import { each, type Measured } from '../operation.ts';
import { HELD, OPERATIONS, type Operation } from '../operations/index.ts';
import type { Operations, Subject } from '../subject.ts';
import { LIFE_MS, newKey, VALUE } from '../values.ts';

/** What is used of oidc-provider's adapter. */
interface Adapter {
  upsert(id: string, payload: object, expiresIn: number): Promise<void>;
  find(id: string): Promise<object | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

const LIFE = LIFE_MS / 1000;

function payloadOf(id: string, grantId?: string): object {
  return { jti: id, accountId: 'user_1', clientId: 'client_1', scope: 'mcp:*', extra: VALUE, grantId };
}

/** The adapter that oidc-provider has for development. A thousand entries are its own measure; here it has room for all. */
export function oidcProvider(): Subject {
  const kept: unknown = new (LRU as new (options: object) => unknown)({ maxSize: 1e6 });
  const of = (model: string): Adapter =>
    new (MemoryAdapter as new (model: string, kept: unknown) => Adapter)(model, kept);
  const [access, refresh, code] = [of('AccessToken'), of('RefreshToken'), of('AuthorizationCode')];
  const plain = (adapter: Adapter, names: readonly Operation[]): [Operation, Measured | null][] =>
    names.map((name) => [name, OPERATIONS[name].bare(keyValue(adapter))]);
  const operations: Operations = {
    ...Object.fromEntries([
      ...plain(access, [...HELD, 'accessTokens.store', 'accessTokens.get', 'accessTokens.revoke']),
      ...plain(refresh, ['refreshTokens.store', 'refreshTokens.get', 'refreshTokens.revoke']),
      ...plain(code, ['codes.store', 'codes.peek']),
      ...plain(of('Client'), ['clients.get', 'clients.update', 'clients.delete']),
      ...plain(of('Interaction'), ['states.store']),
      ...plain(of('Session'), ['sessions.store', 'sessions.get', 'sessions.delete']),
    ]),
    'codes.consume': {
      ready: (first, end) => each(first, end, (i) => storeIn(code, i)),
      call: (i) => use(code, newKey(i)),
      isRight: async (answer, i) => holds(answer) && isUsed(code, newKey(i)),
    },
    'refreshTokens.rotate': {
      ready: (first, end) => each(first, end, (i) => storeIn(refresh, i)),
      call: (i) => exchange(refresh, i),
      isRight: async (_, i) => (await isUsed(refresh, newKey(i))) && areThere(i),
    },
    issue: { call: issue, isRight: (_, i) => areThere(i) },
    'issue, redeeming a code': {
      ready: (first, end) => each(first, end, (i) => storeIn(code, i)),
      call: (i) => exchange(code, i),
      isRight: async (_, i) => (await isUsed(code, newKey(i))) && areThere(i),
    },
    'revoke, of a grant': {
      ready: (first, end) => each(first, end, issue),
      call: (i) => access.revokeByGrantId(`grant_${i}`),
      isRight: async (_, i) => !(await areThere(i)),
    },
  };
  return { name: 'oidc-provider, in memory', operations };

  function storeIn(adapter: Adapter, i: number): Promise<void> {
    return adapter.upsert(newKey(i), payloadOf(newKey(i), `grant_${i}`), LIFE);
  }

  /** Presents what is single use: it stays, marked as consumed. */
  async function use(adapter: Adapter, id: string): Promise<unknown> {
    const found = await adapter.find(id);
    await adapter.consume(id);
    return found;
  }

  async function exchange(adapter: Adapter, i: number): Promise<void> {
    await use(adapter, newKey(i));
    await issue(i);
  }

  async function issue(i: number): Promise<void> {
    const [jti, token] = pairOf(i);
    await access.upsert(jti, payloadOf(jti, `grant_${i}`), LIFE);
    await refresh.upsert(token, payloadOf(token, `grant_${i}`), LIFE);
  }

  async function areThere(i: number): Promise<boolean> {
    const [jti, token] = pairOf(i);
    return holds(await access.find(jti)) && holds(await refresh.find(token));
  }
}

async function isUsed(adapter: Adapter, id: string): Promise<boolean> {
  return 'consumed' in ((await adapter.find(id)) ?? {});
}

function keyValue(adapter: Adapter): KeyValue {
  return {
    set: (key) => adapter.upsert(key, payloadOf(key), LIFE),
    get: (key) => adapter.find(key),
    has: async (key) => (await adapter.find(key)) !== undefined,
    delete: (key) => adapter.destroy(key),
  };
}
