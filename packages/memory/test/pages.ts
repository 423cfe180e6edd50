import type { Page, PageRequest } from '@oauthdb/core';

/** What all pages list, and how many they were. */
export function allPages(
  pageOf: (request: PageRequest) => Page,
  limit = 1000,
): { readonly items: string[]; readonly pages: number } {
  const items: string[] = [];
  let after: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = pageOf({ after, limit });
    items.push(...page.items);
    if (page.next === null) return { items, pages };
    after = page.next;
  }
}
