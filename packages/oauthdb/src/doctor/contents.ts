import type { ExportedKind, Finding, Stats } from '@oauthdb/core';

/** From this share on, lists are mostly of what is gone. */
const MOSTLY = 0.5;
const MANY = 1000;

const names: Readonly<Partial<Record<ExportedKind, string>>> = {
  token: 'access tokens',
  refresh: 'refresh tokens',
  session: 'sessions',
  state: 'states',
  code: 'codes',
};

/** What is wrong with what is stored. */
export function contentsFindings(stats: Stats): Finding[] {
  return [...immortal(stats), ...oversized(stats), ...unreadable(stats)];
}

function immortal(stats: Stats): Finding[] {
  const found = Object.entries(names)
    .map(([kind, name]) => ({ name, count: stats[kind as ExportedKind].withoutExpiry }))
    .filter(({ count }) => count > 0);
  if (found.length === 0) return [];
  return [
    {
      code: 'without_expiry',
      severity: 'warning',
      message: `${found.map(({ name, count }) => `${count} ${name}`).join(', ')} never end`,
      meaning: 'a stolen one works for ever, and the memory that they take is never given back',
      remedy:
        'list them by --without-expiry and revoke them; if a restore made them, restore by oauthdb instead',
    },
  ];
}

function oversized({ lists }: Stats): Finding[] {
  if (lists === null || lists.dangling < MANY || lists.dangling < lists.members * MOSTLY) return [];
  return [
    {
      code: 'oversized_lists',
      severity: 'warning',
      message: `${lists.dangling} of ${lists.members} members of lists name what is not there any more`,
      meaning: 'to list or revoke what a user or a client has takes longer and longer, and memory',
      remedy: 'oauthdb purge',
    },
  ];
}

function unreadable({ unreadable: count }: Stats): Finding[] {
  if (count === 0) return [];
  return [
    {
      code: 'unreadable',
      severity: 'error',
      message: `${count} entries cannot be read`,
      meaning:
        'whoever presents one of these tokens is refused: they were changed, or their key is missing here',
      remedy:
        'pass all secret keys that were ever used; if none is missing, restore these entries from a backup',
    },
  ];
}
