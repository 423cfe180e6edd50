import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { Keyv } from 'keyv';
import { closeAll, keyValues, oauthdb, type Group } from '../subject.ts';
import { bareMap } from './bare-map.ts';
import { keyv } from './keyv.ts';
import { oidcProvider } from './oidc-provider.ts';

/** A Map, and what keeps tokens in memory. */
export async function memory(): Promise<Group> {
  const subjects = [
    keyValues('Map', bareMap()),
    keyValues('Map again', bareMap()),
    oauthdb('oauthdb', new MemoryOAuthDatabase()),
    keyv('keyv', new Keyv({ namespace: 'keyv' })),
    oidcProvider(),
  ];
  return { name: 'memory', subjects, close: () => closeAll(subjects) };
}
