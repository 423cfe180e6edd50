/** The URLs above `url`, the nearest first, as the ATXP client looks for tokens. */
export function parentsOf(url: string): string[] {
  const parents: string[] = [];
  if (!URL.canParse(url)) return parents;
  for (let last = url; ;) {
    const parent = new URL(last);
    parent.pathname = parent.pathname.replace(/\/[^/]+$/, '');
    if (parent.href === last) return parents;
    last = parent.href;
    parents.push(last);
  }
}
