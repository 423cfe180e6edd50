/** From this number on, a time is in milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973. */
const FIRST_IN_MILLISECONDS = 100_000_000_000;

/** The milliseconds of an `expiresAt`, which is in seconds since ATXP 0.11.10 and was in milliseconds before. */
export function toMilliseconds(expiresAt: number): number {
  return expiresAt >= FIRST_IN_MILLISECONDS ? expiresAt : expiresAt * 1000;
}
