import { randomUUID } from 'node:crypto';
import { isOAuthDatabaseError, type Finding } from '@oauthdb/core';
import { companion } from '../companion.ts';

/** Asks the server of a key. */
export type AskKey = (key: string, args: readonly string[]) => Promise<unknown>;

/** How long a probe lives that cannot be deleted. */
const PROBE_MS = '1000';

/** Every command that the driver uses, with arguments that do no harm; a text, a set and a sorted set stand ready. */
export function commands(text: string, set: string, sorted: string): readonly (readonly string[])[] {
  return [
    ['SET', text, 'probe', 'PX', PROBE_MS],
    ['GET', text],
    ['MGET', text],
    ['EXISTS', text],
    ['PTTL', text],
    ['SADD', set, 'probe'],
    ['SCARD', set],
    ['SMISMEMBER', set, 'probe'],
    ['SSCAN', set, '0'],
    ['ZADD', sorted, 'GT', '1', 'probe'],
    ['ZCARD', sorted],
    ['ZRANGE', sorted, '0', '-1'],
    ['ZREMRANGEBYSCORE', sorted, '-inf', '(0'],
    ['ZSCAN', sorted, '0'],
    ['PERSIST', set],
    ['PEXPIRE', set, PROBE_MS],
    ['PEXPIRE', sorted, PROBE_MS],
    ['SREM', set, 'probe'],
    ['ZREM', sorted, 'probe'],
    ['DEL', text],
    ['SCAN', '0', 'COUNT', '1'],
    ['TIME'],
    ['EVAL', 'return 1', '1', text],
    ['EVALSHA', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', '1', text],
  ];
}

/** Tries every command, under each prefix and where the driver keeps what belongs to a key. */
export async function permissions(prefixes: readonly string[], ask: AskKey): Promise<Finding[]> {
  const missing = new Set<string>();
  for (const prefix of prefixes) {
    const text = `${prefix}probe:${randomUUID()}`;
    for (const keys of [[`${text}:t`, `${text}:s`, `${text}:z`], beside(text)] as const) {
      const [first, second, third] = keys as readonly [string, string, string];
      for (const command of commands(first, second, third)) {
        const [name = '', key = ''] = command;
        // In a cluster each is asked where its key is.
        const where = key === second || key === third ? key : first;
        if (await isRefused(() => ask(where, command))) missing.add(name);
      }
    }
  }
  if (missing.size === 0) return [];
  return [
    {
      code: 'missing_permission',
      severity: 'error',
      message: `the user may not use ${[...missing].join(', ')}, or not on these keys`,
      meaning: 'some calls fail, of which some only when a token is rotated or revoked',
      remedy: 'give the user the rights that `oauthdb doctor --acl` prints',
    },
  ];
}

/** The keys that are kept beside a key: no entry of ours, and short-lived. */
function beside(key: string): readonly string[] {
  return [companion(`${key}:t`, 'used'), companion(`${key}:s`, 'expiry'), companion(`${key}:z`, 'expiry')];
}

async function isRefused(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    // It does not know a script, which it says only to whoever may run one.
    if (!isOAuthDatabaseError(error)) return false;
    if (error.code === 'OAUTHDB_TIMEOUT' || error.code === 'OAUTHDB_UNAVAILABLE') throw error;
    return error.code === 'OAUTHDB_AUTH';
  }
}
