import Table from 'cli-table3';
import type { TokenExpiry } from '@oauthdb/core';

/** The beginning of a token: enough to tell it from another, too little to use it. */
export function mask(token: string | null): string {
  return token === null ? 'null' : `${token.slice(0, 6)}… (${token.length} chars)`;
}

/** How long a token still lives, rounded down to two units. */
export function timeLeft(expiry: TokenExpiry | null): string {
  if (expiry === null) return 'gone';
  if (expiry.expiresAt === null) return 'no end';
  const seconds = (expiry.expiresAt.getTime() - Date.now()) / 1000;
  if (seconds < 60) return `${Math.max(seconds, 0).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** A table of columns of the same length; long cells lose their middle. */
export function table(columns: Readonly<Record<string, readonly string[]>>): string {
  const drawn = new Table({ head: Object.keys(columns), style: { head: [], border: [], compact: true } });
  const rows = Math.max(...Object.values(columns).map((cells) => cells.length));
  for (let i = 0; i < rows; i++) drawn.push(Object.values(columns).map((cells) => shorten(cells[i] ?? '')));
  return drawn.toString();
}

function shorten(text: string): string {
  return text.length <= 36 ? text : `${text.slice(0, 17)}…${text.slice(-18)}`;
}
