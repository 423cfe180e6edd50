import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { Keyv } from 'keyv';
// @ts-expect-error it has no types
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
import { keyOf, LIFE_MS, missing, VALUE } from '../operations.ts';
import { closeAll, type Group, type Subject } from '../subject.ts';
import { oauthdb } from './oauthdb.ts';

/** What is used of oidc-provider's adapter. */
interface Adapter {
  upsert(id: string, payload: object, expiresIn: number): Promise<void>;
  find(id: string): Promise<unknown>;
  destroy(id: string): Promise<void>;
}

/** A bare Map that looks at the expiry of what it reads, and what keeps tokens in memory. */
export async function memory(): Promise<Group> {
  const subjects = [
    bare('Map'),
    bare('Map again'),
    await oauthdb('oauthdb', new MemoryOAuthDatabase()),
    keyv(),
    oidcProvider(),
  ];
  return { name: 'memory', subjects, close: () => closeAll(subjects) };
}

function bare(name: string): Subject {
  const entries = new Map<string, { readonly value: string; readonly expiresAt: number }>();
  const read = (key: string): string | null => {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAt > Date.now() ? entry.value : null;
  };
  const set = async (i: number): Promise<unknown> =>
    entries.set(keyOf(i), { value: VALUE, expiresAt: Date.now() + LIFE_MS });
  const get = async (i: number): Promise<unknown> => read(keyOf(i));
  return {
    name,
    calls: {
      storeToken: set,
      getToken: get,
      hasToken: async (i) => read(keyOf(i)) !== null,
      deleteToken: async (i) => entries.delete(missing(i)),
      'accessTokens.store': set,
      'accessTokens.get': get,
      'codes.store, codes.consume': async (i) => {
        entries.set(`code_${i}`, { value: VALUE, expiresAt: Date.now() + LIFE_MS });
        const found = read(`code_${i}`);
        entries.delete(`code_${i}`);
        return found;
      },
      issue: set,
      'refreshTokens.rotate': set,
    },
  };
}

function keyv(): Subject {
  const store = new Keyv({ namespace: 'keyv' });
  return {
    name: 'keyv',
    calls: {
      storeToken: (i) => store.set(keyOf(i), VALUE, LIFE_MS),
      getToken: (i) => store.get(keyOf(i)),
      hasToken: (i) => store.has(keyOf(i)),
      deleteToken: (i) => store.delete(missing(i)),
    },
  };
}

/** It keeps a thousand entries and no more. */
function oidcProvider(): Subject {
  const adapter = new (MemoryAdapter as new (model: string) => Adapter)('AccessToken');
  const payload = { token: VALUE };
  return {
    name: 'oidc-provider, in memory',
    calls: {
      storeToken: (i) => adapter.upsert(keyOf(i), payload, LIFE_MS / 1000),
      getToken: (i) => adapter.find(keyOf(i)),
      hasToken: async (i) => (await adapter.find(keyOf(i))) !== undefined,
      deleteToken: (i) => adapter.destroy(missing(i)),
    },
  };
}
