// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

/** A text on one line that no terminal takes for a command: what comes from the database may be anything. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    if (char === '\n') return String.raw`\n`;
    if (char === '\t') return String.raw`\t`;
    return `\\u{${(char.codePointAt(0) as number).toString(16)}}`;
  });
}

/** A text of this program's own, with colours. */
export class Styled {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a cell shows: texts as they are, lists with commas, the rest as JSON. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Styled) return value.text;
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return printable(value.join(', '));
  return printable(JSON.stringify(value));
}

/** `3 d 4 h`: the two largest units. */
export function spanOf(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const first = units.findIndex(([, size]) => ms >= size);
  if (first < 0) return `${Math.max(0, Math.round(ms))} ms`;
  let left = ms;
  const parts = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? '' : `${count} ${name}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** `1.5 MiB`. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const size = bytes / 1024 ** power;
  return `${power === 0 ? size : size.toFixed(1)} ${units[power]}`;
}
