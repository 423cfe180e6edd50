import { kindOf } from './input.ts';

/** Throws a `TypeError` unless `value` is a whole number from `least` to `most`. */
export function integer(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new TypeError(`${name} must be a whole number, received ${kindOf(value)}`);
  }
  if (value < least || value > most)
    throw new TypeError(`${name} must be from ${least} to ${most}, received ${value}`);
  return value;
}
