import type { Output } from './output.ts';
import { spanOf } from './text.ts';

/** When a record begins, as it says: other programs say `created_at`, some in seconds. Epoch milliseconds; `null` where it says nothing. */
export function startOf({
  issued_at: issued,
  created_at: created,
}: Readonly<Record<string, unknown>>): number | null {
  return timeOf(issued) ?? timeOf(created);
}

/** A time as records hold it: ISO 8601, epoch seconds or epoch milliseconds. */
export function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** A moment as a column shows it; on a terminal with how far it is away. */
export function when(out: Output, at: number | null, never: string): string {
  if (at === null) return never;
  const iso = new Date(at).toISOString();
  if (!out.isTerminal) return iso;
  const away = at - Date.now();
  return `${iso.slice(0, 16)}Z (${away < 0 ? `${spanOf(-away)} ago` : `in ${spanOf(away)}`})`;
}

/** Says how long something lives: in words on a terminal, in seconds for machines, as the TTL of Redis does (-1: for ever). */
export async function printLife(out: Output, expiresAt: string | null): Promise<void> {
  const ms = expiresAt === null ? null : Math.max(0, Date.parse(expiresAt) - Date.now());
  if (out.json) return out.value({ expires_at: expiresAt, ttl_ms: ms });
  if (!out.isTerminal) return out.line(ms === null ? '-1' : String(Math.round(ms / 1000)));
  return out.line(ms === null ? 'for ever' : `${spanOf(ms)} (until ${expiresAt})`);
}
