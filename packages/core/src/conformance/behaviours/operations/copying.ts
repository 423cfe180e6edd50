import type { OAuthDatabase } from '../../../oauth-database.ts';
import { exportedKinds, type Exported } from '../../../operations/exported.ts';
import type { DatabaseOptions } from '../../../options.ts';
import type { Context } from '../../context.ts';
import { collect } from '../../tools.ts';

/** Prefixes of another database in the same store. */
export function elsewhere(t: Context): DatabaseOptions {
  return { keyPrefix: `${t.prefix}there-held:`, serverKeyPrefix: `${t.prefix}there:` };
}

/** Everything in a database, of all kinds. */
export function everythingIn(db: OAuthDatabase): Promise<Exported[]> {
  return collect(db.export({ kinds: exportedKinds }));
}

/** Names an entry. */
export function nameOf(one: Exported): string {
  return one.kind === 'held' ? `held ${one.key}` : `${one.kind} ${one.id}`;
}

/** As JSON whose members stand in one order, so that two of them can be compared. */
export function canonical(one: Exported): string {
  return JSON.stringify(one, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** All but when tokens that are held end, which a backend with a clock of its own says to within a call's time. */
export function comparable(all: readonly Exported[], { supports }: Context): string[] {
  const texts = all.map((one) =>
    canonical(one.kind === 'held' && !supports.clock ? { ...one, expires_at: null } : one),
  );
  return [...new Set(texts)].toSorted();
}
