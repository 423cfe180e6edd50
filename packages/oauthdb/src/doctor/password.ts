import type { Finding } from '@oauthdb/core';

/** How many random bits a password may be worth at the most: by its length and the kinds of characters in it. */
function bitsOf(password: string): number {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/];
  const sizes = [26, 26, 10, 32];
  const alphabet = kinds.reduce((sum, kind, i) => sum + (kind.test(password) ? (sizes[i] as number) : 0), 0);
  return new Set(password).size * Math.log2(Math.max(2, alphabet));
}

/** A server answers hundreds of thousands of guesses a second, and locks nobody out. */
const ENOUGH_BITS = 64;

export function passwordFinding(password: string | undefined): Finding[] {
  if (password === undefined || bitsOf(password) >= ENOUGH_BITS) return [];
  return [
    {
      code: 'weak_password',
      severity: 'warning',
      message: 'the password can be guessed',
      meaning:
        'Redis lets anybody try as many passwords as the network carries; whoever finds it has every token',
      remedy: 'take one of 256 random bits: oauthdb generate-password',
    },
  ];
}
