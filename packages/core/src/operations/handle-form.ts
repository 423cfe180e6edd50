import { createHmac, type KeyObject } from 'node:crypto';

/**
 * What stands in keys in place of secrets: the secrets themselves, a hash of them, or one under a pepper, which is named by a
 * fingerprint that says nothing of it.
 */
export type HandleForm = 'plain' | 'hashed' | `hashed:${string}`;

export function handleFormOf(handles: 'plain' | 'hashed', pepper: KeyObject | undefined): HandleForm {
  if (handles === 'plain') return 'plain';
  if (pepper === undefined) return 'hashed';
  // What is hashed for a handle holds a NUL, so that this is no handle of anything.
  const fingerprint = createHmac('sha256', pepper).update('oauthdb pepper fingerprint').digest('base64url');
  return `hashed:${fingerprint.slice(0, 16)}`;
}
