import type { OpenOptions } from '../open.ts';
import { openAtxp } from './atxp.ts';
import { connectRedisSource } from './layouts/connect-redis.ts';
import { keyvSource } from './layouts/keyv.ts';
import type { LayoutOptions } from './layouts/layout-source.ts';
import { oidcProviderSource } from './layouts/oidc-provider.ts';
import type { MigrationSource } from './migration-source.ts';

/** Data that another program keeps, whose layout is none of a database's own. */
export interface ForeignLayout {
  /** As users know the program. */
  readonly program: string;
  /** Which prefix its keys have: that of what is held, or of what is issued. */
  readonly prefix: 'keyPrefix' | 'serverKeyPrefix';
  readonly open: (
    url: string,
    options: OpenOptions,
  ) => Promise<MigrationSource & AsyncDisposable> | (MigrationSource & AsyncDisposable);
}

export type ForeignLayoutName = 'atxp' | 'keyv' | 'connect-redis' | 'oidc-provider';

/** By the names that `--from-layout` takes. */
export const foreignLayouts: Readonly<Record<ForeignLayoutName, ForeignLayout>> = {
  atxp: { program: 'ATXP', prefix: 'keyPrefix', open: openAtxp },
  keyv: {
    program: 'Keyv',
    prefix: 'keyPrefix',
    open: (url, options) => keyvSource(url, optionsOf(options, options.keyPrefix)),
  },
  'connect-redis': {
    program: 'connect-redis',
    prefix: 'serverKeyPrefix',
    open: (url, options) => connectRedisSource(url, optionsOf(options, options.serverKeyPrefix)),
  },
  'oidc-provider': {
    program: 'oidc-provider',
    prefix: 'serverKeyPrefix',
    open: (url, options) => oidcProviderSource(url, optionsOf(options, options.serverKeyPrefix)),
  },
};

export function isForeign(layout: string | undefined): layout is ForeignLayoutName {
  return layout !== undefined && Object.hasOwn(foreignLayouts, layout);
}

function optionsOf({ redis, commandTimeout }: OpenOptions, prefix: string | undefined): LayoutOptions {
  return { redis, commandTimeout, prefix };
}
