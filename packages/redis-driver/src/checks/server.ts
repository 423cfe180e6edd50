import type { Finding } from '@oauthdb/core';
import type { Facts } from './facts.ts';

/** `PXAT`, `ZADD GT` and `SMISMEMBER` are of this version. */
const OLDEST = [6, 2] as const;

export function version({ info }: Facts): Finding[] {
  const found = info['redis_version'];
  if (found === undefined) return [];
  const [major = 0, minor = 0] = found.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  return [
    {
      code: 'old_version',
      severity: 'error',
      message: `the server is Redis ${found}`,
      meaning: 'it lacks commands that are needed: tokens cannot be issued, rotated or revoked',
      remedy: `update to Redis ${OLDEST.join('.')} or later, or to Valkey`,
    },
  ];
}

export function role({ info }: Facts): Finding[] {
  if (info['role'] !== 'slave') return [];
  return [
    {
      code: 'replica',
      severity: 'error',
      message: 'the server is a replica',
      meaning: 'nothing can be issued or revoked here, and what is read may be old',
      remedy: 'connect to its master',
    },
  ];
}

export function loading({ info }: Facts): Finding[] {
  if (info['loading'] !== '1') return [];
  return [
    {
      code: 'loading',
      severity: 'warning',
      message: 'the server is loading its data',
      meaning: 'calls fail until it is done',
      remedy: 'wait',
    },
  ];
}

/** @param isCluster - whether the client talks to a cluster. */
export function cluster({ info, cluster: state }: Facts, isCluster: boolean): Finding[] {
  if (info['cluster_enabled'] === '1' && !isCluster) {
    return [
      {
        code: 'cluster_mismatch',
        severity: 'error',
        message: 'the server is a node of a cluster, and the client takes it for a single server',
        meaning: 'most tokens are on other nodes, and calls for them fail',
        remedy: 'use redis+cluster:// and @oauthdb/redis-cluster',
      },
    ];
  }
  const { cluster_state: whole, cluster_slots_ok: slots = '0' } = state;
  if (whole === undefined || (whole === 'ok' && slots === '16384')) return [];
  return [
    {
      code: 'cluster_incomplete',
      severity: 'error',
      message: `the cluster is ${whole}; ${slots} of 16384 slots are served`,
      meaning: 'tokens in the slots that nobody serves cannot be read, and may be lost',
      remedy: 'redis-cli --cluster check, and fix',
    },
  ];
}

export function clock({ skewMs }: Facts): Finding[] {
  if (Math.abs(skewMs) <= 1000) return [];
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  return [
    {
      code: 'clock_skew',
      severity: Math.abs(skewMs) > 60_000 ? 'error' : 'warning',
      message: `the clocks of the server and of this machine differ by ${seconds} s`,
      meaning:
        'tokens keep their lives, which are counted on one machine each; what compares expiries across machines is wrong by so much',
      remedy: 'synchronise both by NTP',
    },
  ];
}
