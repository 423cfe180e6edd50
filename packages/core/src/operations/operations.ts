import type { Exported, Removed } from './exported.ts';
import { exportAll, type ExportOptions } from './export.ts';
import type { Finding } from './finding.ts';
import { health, type Health } from './health.ts';
import { Importer, type Imported, type ImportOptions } from './import.ts';
import { purge, type Purged, type PurgeOptions } from './purge.ts';
import { stats, type Stats, type StatsOptions } from './stats.ts';
import type { Stores } from './stores.ts';

/** What an operator asks of a database. */
export class Operations {
  readonly #stores: Stores;

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  health(): Promise<Health> {
    return health(this.#stores);
  }

  async check(): Promise<Finding[]> {
    const { driver, calls, heldPrefix, issuedPrefix } = this.#stores;
    const prefixes = [heldPrefix, issuedPrefix];
    return calls.run('check', 'read', async (at) => [...((await driver.check?.(prefixes, at)) ?? [])]);
  }

  stats(options: StatsOptions = {}): Promise<Stats> {
    return stats(this.#stores, options);
  }

  purge(options: PurgeOptions = {}): Promise<Purged> {
    return purge(this.#stores, options);
  }

  export(options: ExportOptions = {}): AsyncIterable<Exported> {
    return exportAll(this.#stores, options);
  }

  async import(
    records: AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>,
    options: ImportOptions = {},
  ): Promise<Imported> {
    return new Importer(this.#stores, options).run(records);
  }
}
