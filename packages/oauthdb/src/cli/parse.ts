import { UsageError } from './exit-codes.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** `90s`, `15m`, `6h`, `30d`: milliseconds. */
export function duration(text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h|d|w)$/.exec(text) ?? [];
  const length = UNITS[unit];
  if (count === undefined || length === undefined) {
    throw new UsageError(
      `a duration is a number and a unit, such as 90s, 15m, 6h or 30d; received ${quoted(text)}`,
    );
  }
  return Math.round(Number(count) * length);
}

/** An ISO 8601 moment, or a duration from now: forwards (`1`) or back (`-1`). */
export function moment(direction: 1 | -1): (text: string) => number {
  return (text) => {
    if (/^\d+(\.\d+)?[a-z]+$/.test(text)) return Date.now() + direction * duration(text);
    const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) {
      throw new UsageError(
        `a time is ISO 8601, such as 2026-01-31T12:00:00Z, or a duration such as 1h; received ${quoted(text)}`,
      );
    }
    return at;
  };
}

/** `256mb`, `1g`, `0`: bytes, with the units of Redis: `k` is 1000, `kb` is 1024. */
export function size(text: string): number {
  const [, count, unit = ''] = /^(\d+)(b|k|kb|m|mb|g|gb)?$/i.exec(text) ?? [];
  if (count === undefined) {
    throw new UsageError(`a size is a number and a unit, such as 256mb or 1gb; received ${quoted(text)}`);
  }
  const power = ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase().replace(/b$/, ''));
  return Number(count) * (/[kmg]b$/i.test(unit) ? 1024 : 1000) ** power;
}

export function positive(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new UsageError(`expected a whole number from 1 on, received ${quoted(text)}`);
  return Number(text);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
