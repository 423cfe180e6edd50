import { kindOf } from '@oauthdb/core';

/** What {@link parseUrl} found. Whatever is behind the scheme of a Redis URL is its adapter's to read. */
export type Target =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | RedisTarget;

export interface RedisTarget {
  readonly kind: 'redis' | 'redis-cluster';
  readonly url: string;
  /** Whether the URL names sentinels, which know where the server is. */
  readonly bySentinels: boolean;
}

const FORMS = [
  'memory:',
  'sqlite:./path.db',
  'sqlite::memory:',
  'redis://[[user][:password]@]host[:port][/db]',
  'rediss://… (the same, by TLS)',
  'redis+sentinel://[[user][:password]@]host[:port][,host:port…]/name[/db]',
  'rediss+sentinel://… (the same, by TLS)',
  'redis+cluster://[[user][:password]@]host:port[,host:port…]',
  'rediss+cluster://… (the same, by TLS)',
];

/** Tells the forms apart. What is none of them is a `TypeError` that never shows it: it may hold a password. */
export function parseUrl(url: unknown): Target {
  if (typeof url !== 'string') throw badUrl(`must be a string, received ${kindOf(url)}`);
  if (url === 'memory:') return { kind: 'memory' };
  const [, scheme, rest = ''] = /^([a-z+]+:(?:\/\/)?)(.*)$/is.exec(url) ?? [];
  switch (scheme?.toLowerCase()) {
    case 'sqlite:':
      if (rest === '') throw badUrl('must hold a path behind sqlite:');
      return { kind: 'sqlite', path: rest };
    case 'redis://':
    case 'rediss://':
      return { kind: 'redis', url, bySentinels: false };
    case 'redis+cluster://':
    case 'rediss+cluster://':
      return { kind: 'redis-cluster', url, bySentinels: false };
    case 'redis+sentinel://':
    case 'rediss+sentinel://':
      return { kind: 'redis', url, bySentinels: true };
    // Not sqlite:// either: some programs take the path behind it for relative, others for absolute.
    default:
      throw badUrl('has none of the known forms');
  }
}

function badUrl(why: string): TypeError {
  return new TypeError(`the database URL ${why}; the forms are ${FORMS.join(' | ')}`);
}
