import { accessTokens } from './access-tokens.ts';
import { clients } from './clients.ts';
import { codes } from './codes.ts';
import { grants } from './grants.ts';
import { held } from './held.ts';
import { refreshTokens } from './refresh-tokens.ts';
import { sessions } from './sessions.ts';
import { states } from './states.ts';

/** What is measured, in the order in which it is printed. */
export const OPERATIONS = {
  ...held,
  ...clients,
  ...states,
  ...codes,
  ...grants,
  ...accessTokens,
  ...refreshTokens,
  ...sessions,
} as const;

export type Operation = keyof typeof OPERATIONS;

/** The operations of tokens that an application holds, which every peer has in some form. */
export const HELD: readonly Operation[] = [
  'storeToken',
  'storeTokens',
  'getToken',
  'getTokens',
  'hasToken',
  'deleteToken',
];

/** One of each way to go about it: what is measured when there is little time. */
export const QUICK: readonly Operation[] = [
  'storeToken',
  'getToken',
  'replaceToken',
  'deleteToken',
  'states.consume',
  'issue',
  'issue, redeeming a code',
  'revoke, of a grant',
  'accessTokens.get',
  'refreshTokens.rotate',
  'sessions.store',
];
