import type { BackendInfo, Finding } from '@oauthdb/core';
import { defaultUser, plaintext } from './access.ts';
import { factsOf, infoOf, type Ask, type Began, type Facts } from './facts.ts';
import { evictionPolicy, memoryLeft } from './memory.ts';
import { permissions, type AskKey } from './permissions.ts';
import { failedSaves, persistence } from './persistence.ts';
import { clock, cluster, loading, role, version } from './server.ts';

/** A server to ask: the only one, or a master of a cluster. */
export interface Asked {
  /** Empty for the only one. */
  readonly name: string;
  readonly ask: Ask;
}

/** Everything that is wrong with what one server says of itself. */
export function findingsOf(facts: Facts, isCluster: boolean): Finding[] {
  return [
    ...version(facts),
    ...role(facts),
    ...cluster(facts, isCluster),
    ...loading(facts),
    ...evictionPolicy(facts),
    ...memoryLeft(facts),
    ...persistence(facts),
    ...failedSaves(facts),
    ...defaultUser(facts),
    ...plaintext(facts),
    ...clock(facts),
  ];
}

/** Asks all servers; what is wrong with several of them in the same way is said once, with the names of these. */
export async function checkServers(
  servers: readonly Asked[],
  prefixes: readonly string[],
  askKey: AskKey,
  call: Began,
): Promise<Finding[]> {
  const found = new Map<string, { finding: Finding; names: string[] }>();
  for (const { name, ask } of servers) {
    for (const finding of findingsOf(await factsOf(ask, call), name !== '')) {
      const known = found.get(finding.code);
      if (known === undefined) found.set(finding.code, { finding, names: [name] });
      else known.names.push(name);
    }
  }
  const findings = [...found.values()].map(({ finding, names }) =>
    names[0] === '' ? finding : { ...finding, message: `${finding.message} (${names.join(', ')})` },
  );
  return [...findings, ...(await permissions(prefixes, askKey))];
}

/** What the servers say of themselves: the first one's version and role, and the memory of all. */
export async function describeServers(servers: readonly Asked[]): Promise<BackendInfo> {
  const infos = await Promise.all(servers.map(({ ask }) => infoOf(ask)));
  const released = infos[0]?.['valkey_version'] ?? infos[0]?.['redis_version'];
  const plays = infos[0]?.['role'];
  const used = infos.flatMap(({ used_memory: bytes }) => (bytes === undefined ? [] : [Number(bytes)]));
  return {
    ...(released === undefined ? {} : { version: released }),
    ...(plays === undefined ? {} : { role: plays === 'slave' ? 'replica' : 'master' }),
    ...(used.length === 0 ? {} : { usedBytes: used.reduce((sum, bytes) => sum + bytes, 0) }),
  };
}
