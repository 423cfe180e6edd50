import type { Exported, ExportedToken, ExportOptions, OAuthDatabase } from '@oauthdb/core';

/** What a migration can copy from: a database, or whatever else gives its entries one by one. */
export interface MigrationSource extends Pick<OAuthDatabase, 'handles'> {
  export(options?: ExportOptions): AsyncIterable<Exported | OutlivingToken>;
}

/** A token that ends later in the target than at its source. */
export interface OutlivingToken extends ExportedToken {
  /** When the source gives it up, ISO 8601. */
  readonly given_up_at: string;
}
