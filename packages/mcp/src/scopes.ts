import { InvalidScopeError, InvalidTargetError } from '@modelcontextprotocol/sdk/server/auth/errors.js';

/** A list as OAuth writes it; `undefined` for none. @see RFC 6749 section 3.3 */
export function scopeOf(scopes: readonly string[] | undefined): string | undefined {
  // The router splits what it was sent at every space.
  const named = (scopes ?? []).filter((scope) => scope !== '');
  return named.length === 0 ? undefined : named.join(' ');
}

export function scopesOf(scope: string | undefined): string[] {
  return (scope ?? '').split(' ').filter((one) => one !== '');
}

/**
 * What a token is issued for: what was granted, or less.
 *
 * @throws InvalidScopeError if more is asked for. @see RFC 6749 section 6
 */
export function narrowedScope(
  granted: string | undefined,
  asked: readonly string[] | undefined,
): string | undefined {
  const wanted = scopeOf(asked);
  if (wanted === undefined) return granted;
  const has = new Set(scopesOf(granted));
  if (scopesOf(wanted).every((scope) => has.has(scope))) return wanted;
  throw new InvalidScopeError('Requested scope exceeds what was granted');
}

type Resource = string | readonly string[] | undefined;

/**
 * The resource that a token is issued for: one of those that were granted, or any where none was named.
 *
 * @throws InvalidTargetError for another one. @see RFC 8707 section 2.2
 */
export function narrowedResource(granted: Resource, asked: URL | undefined): Resource {
  if (asked === undefined) return granted;
  const has = resourcesOf(granted);
  if (has.length === 0 || has.some((one) => same(one, asked))) return asked.href;
  throw new InvalidTargetError('Requested resource was not granted');
}

/** The one resource that a token is for; `undefined` if it is for any, or for several. */
export function resourceUrl(granted: Resource): URL | undefined {
  const [only, ...others] = resourcesOf(granted);
  return only === undefined || others.length > 0 || !URL.canParse(only) ? undefined : new URL(only);
}

function resourcesOf(resource: Resource): readonly string[] {
  return typeof resource === 'string' ? [resource] : (resource ?? []);
}

function same(granted: string, asked: URL): boolean {
  return URL.canParse(granted) && new URL(granted).href === asked.href;
}
