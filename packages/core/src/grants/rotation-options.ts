import { integer } from '../integer.ts';

/** How rotated refresh tokens are treated. */
export interface RotationOptions {
  /** How long the reuse of a rotated token is recognised, at the most, in milliseconds. Default 30 days. */
  readonly reuseDetection?: number | undefined;
  /** How long a rotated token gets the same answer again, in milliseconds. Default 0: every reuse revokes the grant. */
  readonly gracePeriod?: number | undefined;
  /** How often it does. Default 1, where there is a grace period. */
  readonly graceCount?: number | undefined;
}

export type ResolvedRotation = { readonly [option in keyof RotationOptions]-?: number };

export function resolveRotation(options: RotationOptions = {}): ResolvedRotation {
  return {
    reuseDetection: integer('rotation.reuseDetection', options.reuseDetection ?? 30 * 24 * 3_600_000, 1),
    gracePeriod: integer('rotation.gracePeriod', options.gracePeriod ?? 0, 0),
    graceCount: integer('rotation.graceCount', options.graceCount ?? 1, 1),
  };
}
