import type { Exported, ExportedToken, ExportOptions, OAuthDatabase, Removed } from '@oauthdb/core';
import type { LeftOut } from './left-out.ts';

/** What a migration can copy from: a database, or whatever else gives its entries one by one. */
export interface MigrationSource extends Pick<OAuthDatabase, 'handles'> {
  export(options?: SourceExportOptions): AsyncIterable<MigrationRecord>;
}

/** What a source gives: an entry, or word of one that must not be there any more. */
export type MigrationRecord = Exported | OutlivingToken | Removed;

export interface SourceExportOptions extends Pick<ExportOptions, 'kinds'> {
  /** Called for each entry that is not given, by sources that read what another program keeps. Left out, one that cannot be read ends the export. */
  readonly leftOut?: ((one: LeftOut) => void) | undefined;
}

/** A token that ends later in the target than at its source. */
export interface OutlivingToken extends ExportedToken {
  /** When the source gives it up, ISO 8601. */
  readonly given_up_at: string;
}
