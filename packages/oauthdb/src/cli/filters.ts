import type { Command } from 'commander';
import { UsageError } from './exit-codes.ts';
import { moment, positive } from './parse.ts';
import { startOf } from './times.ts';

/** What a listing is narrowed down to. */
export interface Filters {
  readonly user?: string;
  readonly client?: string;
  readonly grant?: string;
  readonly issuedAfter?: number;
  readonly issuedBefore?: number;
  readonly expiresAfter?: number;
  readonly expiresBefore?: number;
  readonly withoutExpiry?: boolean;
  readonly limit?: number;
}

/** Whose entries are wanted, for kinds that belong to somebody. */
export const OWNERS: Readonly<Record<'user' | 'client' | 'grant', readonly [flag: string, help: string]>> = {
  user: ['--user <username>', 'those of a user'],
  client: ['--client <id>', 'those of a client'],
  grant: ['--grant <id>', 'those of a grant'],
};

export function addFilters(command: Command, owners: readonly (keyof typeof OWNERS)[]): Command {
  for (const owner of owners) command.option(...OWNERS[owner]);
  return command
    .option('--issued-after <time>', 'issued after a time (ISO 8601), or within a duration: 1h', moment(-1))
    .option('--issued-before <time>', 'issued before a time, or longer ago than a duration: 30d', moment(-1))
    .option('--expires-after <time>', 'living longer than until a time, or for a duration: 30d', moment(1))
    .option('--expires-before <time>', 'ending before a time, or within a duration: 1h', moment(1))
    .option('--without-expiry', 'those that live for ever')
    .option('--limit <n>', 'so many at the most', positive);
}

/** An entry as a filter sees it. */
export interface Filtered {
  readonly record: Readonly<Record<string, unknown>>;
  readonly expires_at: string | null;
}

export function matches(filters: Filters, { record, expires_at: expiresAt }: Filtered): boolean {
  const { user, client, grant, issuedAfter, issuedBefore, withoutExpiry = false } = filters;
  if (user !== undefined && record['username'] !== user) return false;
  if (client !== undefined && record['client_id'] !== client) return false;
  if (grant !== undefined && record['grant_id'] !== grant) return false;
  if (issuedAfter !== undefined || issuedBefore !== undefined) {
    const at = startOf(record);
    if (at === null || at < (issuedAfter ?? -Infinity) || at > (issuedBefore ?? Infinity)) return false;
  }
  return livesAs(filters, expiresAt) && (!withoutExpiry || expiresAt === null);
}

/** Whether a life is one that was asked for. */
export function livesAs({ expiresAfter, expiresBefore }: Filters, expiresAt: string | null): boolean {
  const end = expiresAt === null ? Infinity : Date.parse(expiresAt);
  return end >= (expiresAfter ?? -Infinity) && (expiresBefore === undefined || end <= expiresBefore);
}

/** The first of many. */
export async function* limited<T>(
  items: AsyncIterable<T>,
  limit: number | undefined,
): AsyncGenerator<T, void, undefined> {
  let left = limit ?? Infinity;
  for await (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}

/** Exactly one of the options that name an owner. */
export function ownerOf({
  user,
  client,
  grant,
}: Filters): { username: string } | { clientId: string } | { grantId: string } {
  const named = [
    ...(user === undefined ? [] : [{ username: user }]),
    ...(client === undefined ? [] : [{ clientId: client }]),
    ...(grant === undefined ? [] : [{ grantId: grant }]),
  ];
  const [owner] = named;
  if (owner === undefined || named.length > 1)
    throw new UsageError('name one of --user, --client and --grant');
  return owner;
}
