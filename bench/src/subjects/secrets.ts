import { createHash } from 'node:crypto';

/** A key to seal with, the same in every run. */
export const secrets = {
  keys: [{ id: 'bench', key: createHash('sha256').update('oauthdb bench').digest() }],
};
