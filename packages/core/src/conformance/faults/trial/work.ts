import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Tally } from './tally.ts';

/** What a caller knows of its call: that it was carried out, that it was not, or neither. */
export type Did = 'done' | 'not_executed' | 'unknown';

export interface Answer<T> {
  readonly did: Did;
  /** Of a call that was carried out. */
  readonly value?: T;
}

/** What the workers of a trial work with. */
export interface Work {
  readonly db: OAuthDatabase;
  /** Another database on the same store. */
  readonly other: OAuthDatabase;
  readonly tally: Tally;
  /** Makes a call and counts how it comes out. Each of its steps has the time of a call. */
  readonly call: <T>(work: () => Promise<T>, steps?: number) => Promise<Answer<T>>;
  /** A text that no error may show. */
  readonly secret: (kind: string) => string;
}
