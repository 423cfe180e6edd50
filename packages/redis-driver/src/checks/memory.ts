import type { Finding } from '@oauthdb/core';
import type { Facts } from './facts.ts';

/** Redis drops what it likes when it is full, unless it is told to refuse writes instead. */
export function evictionPolicy({ info }: Facts): Finding[] {
  const policy = info['maxmemory_policy'];
  if (policy === undefined || policy === 'noeviction') return [];
  const limited = Number(info['maxmemory'] ?? 0) > 0;
  return [
    {
      code: 'eviction_policy',
      severity: limited ? 'error' : 'warning',
      message: `maxmemory-policy is ${policy}${limited ? '' : ', and there is no maxmemory yet'}`,
      meaning: 'when the memory is full, live tokens vanish, and their users are logged out',
      remedy: 'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf',
    },
  ];
}

/** From here on a burst of writes may fill it. */
const NEARLY_FULL = 0.9;

export function memoryLeft({ info }: Facts): Finding[] {
  const most = Number(info['maxmemory'] ?? 0);
  const used = Number(info['used_memory'] ?? 0);
  if (!(most > 0) || used < NEARLY_FULL * most) return [];
  return [
    {
      code: 'memory_nearly_full',
      severity: 'warning',
      message: `${Math.floor((100 * used) / most)} % of maxmemory (${most} bytes) is used`,
      meaning: 'when the memory is full no token can be issued or refreshed (OAUTHDB_STORE_FULL)',
      remedy: 'raise maxmemory, or find what fills it: oauthdb stats',
    },
  ];
}
