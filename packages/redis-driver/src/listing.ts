import type { Moment, Page, PageRequest, TagName } from '@oauthdb/core';
import type { ClusterMap } from './client.ts';
import { misledError } from './errors.ts';
import type { Runner } from './runner.ts';

/**
 * A page of a prefix walks past all keys of the server: fewer at a time would take many more round trips, and more would keep others
 * waiting for longer than a millisecond.
 */
const SCAN_COUNT = 500;

/** `SCAN` and its kin guarantee what is asked of a listing: what is there from the first page to the last is seen. */
type ScanReply = readonly [cursor: string, items: readonly string[]];

/** One page of a list's members. */
export async function listMembers(
  { name, shared }: TagName,
  { after = '0', limit }: PageRequest,
  at: Moment,
  runner: Runner,
): Promise<Page> {
  const command = shared === true ? 'SSCAN' : 'ZSCAN';
  const reply = await runner.send(name, [command, name, after, 'COUNT', String(limit)], at);
  const [cursor, items] = scanned(reply, () => runner.misled(name));
  // Members and scores take turns.
  return page(cursor, shared === true ? items : items.filter((_, i) => i % 2 === 0));
}

/** One page of the keys that begin with `prefix`. */
export async function listPrefix(
  prefix: string,
  { after, limit }: PageRequest,
  at: Moment,
  runner: Runner,
  cluster: ClusterMap | undefined,
): Promise<Page> {
  const scan = (cursor: string): readonly string[] => {
    return ['SCAN', cursor, 'MATCH', `${escapeGlob(prefix)}*`, 'COUNT', String(Math.max(limit, SCAN_COUNT))];
  };
  if (cluster !== undefined) return listNodes(scan, after, at, runner, cluster);
  const reply = await runner.send(prefix, scan(after ?? '0'), at);
  const [cursor, items] = scanned(reply, () => runner.misled(prefix));
  return page(cursor, items);
}

/** Walks the masters one after the other; all over again when they changed on the way, for keys may have moved back. */
async function listNodes(
  scan: (cursor: string) => readonly string[],
  after: string | undefined,
  at: Moment,
  runner: Runner,
  cluster: ClusterMap,
): Promise<Page> {
  await runner.ready(at);
  const masters = cluster.masters().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = masters.map(({ name }) => name).join(',');
  const [cursor = '0', place = '0', seen = names] = after?.split('|') ?? [];
  const here = seen === names ? { place: Number(place), cursor } : { place: 0, cursor: '0' };
  const master = masters[here.place];
  if (master === undefined) return { items: [], next: null };
  const reply = await runner.sendTo(master, scan(here.cursor));
  const [next, items] = scanned(reply, () => runner.misledBy(master));
  if (next !== '0') return { items, next: `${next}|${here.place}|${names}` };
  return { items, next: here.place + 1 < masters.length ? `0|${here.place + 1}|${names}` : null };
}

/** @param misled - called where it is no page. */
function scanned(reply: unknown, misled: () => void): ScanReply {
  if (Array.isArray(reply) && reply.length === 2 && Array.isArray(reply[1]))
    return reply as unknown as ScanReply;
  misled();
  throw misledError();
}

function page(cursor: string, items: readonly string[]): Page {
  return { items, next: cursor === '0' ? null : cursor };
}

/** A pattern that only this text is of. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, String.raw`\$&`);
}
