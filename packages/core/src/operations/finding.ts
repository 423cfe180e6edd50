/** Something about a database's configuration, or its state, that matters for tokens. */
export interface Finding {
  /** Names it for machines, such as `eviction_policy`. Does not change within a major version. */
  readonly code: string;
  /** `error`: tokens are in danger now. `warning`: they will be if something happens. `info`: worth knowing. */
  readonly severity: 'error' | 'warning' | 'info';
  /** What was found. */
  readonly message: string;
  /** What it means for tokens. */
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}
