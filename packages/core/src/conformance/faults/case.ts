import type { FaultContext } from './context.ts';
import type { FaultName } from './hook.ts';

/** One thing that a backend must do while, or after, something is broken. The name is a sentence. */
export interface FaultCase {
  readonly name: string;
  /** What the backend must offer for it. */
  readonly needs: readonly FaultName[];
  readonly run: (context: FaultContext) => Promise<void>;
}

/** The cases of one behaviour. */
export interface FaultBehaviour {
  readonly name: string;
  readonly cases: readonly FaultCase[];
}
