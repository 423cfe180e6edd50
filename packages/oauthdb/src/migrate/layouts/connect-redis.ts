import {
  layoutSource,
  type Layout,
  type LayoutOptions,
  type LayoutSource,
  type Piece,
} from './layout-source.ts';
import { isObject, isoOf, objectIn, unreserved, type Members } from './parsed.ts';
import type { Found } from './found.ts';

export interface ConnectRedisSourceOptions extends LayoutOptions {
  /** The `prefix` of the `RedisStore`. Default `sess:`. */
  readonly prefix?: string | undefined;
  /** The `serializer` of the `RedisStore`, where it has one. Default `JSON`. */
  readonly serializer?: { parse(text: string): unknown } | undefined;
  /** Whose a session is. Default: its `username`, or else its `passport.user`, where that is a string. */
  readonly username?: ((session: Members) => unknown) | undefined;
}

/**
 * The sessions that `express-session` keeps by `connect-redis`, under the ids that its cookies hold: with all of their members, `cookie`
 * included, until Redis would have given them up.
 *
 * @throws TypeError for a URL that is not of a Redis. Of its `export`, where it is not told `leftOut`: OAuthDatabaseError
 * `OAUTHDB_CORRUPT` for what is no session.
 * @example
 * await using from = connectRedisSource('redis://localhost', { username: ({ user }) => user?.login });
 * await migrate({ from, to: await open('sqlite:./sessions.db') });
 */
export function connectRedisSource(
  url: string,
  { serializer = JSON, username = usernameOf, ...options }: ConnectRedisSourceOptions = {},
): LayoutSource {
  return layoutSource(connectRedisLayout(serializer, username), url, options);
}

const WHAT = 'session';

function connectRedisLayout(
  serializer: { parse(text: string): unknown },
  username: (session: Members) => unknown,
): Layout {
  return {
    name: 'connect-redis',
    prefix: 'sess:',
    fields: [],
    read: async ({ name, content, endsAt }: Found): Promise<readonly Piece[]> => {
      const parsed = await objectIn(WHAT, content, (text) => serializer.parse(text));
      if ('why' in parsed) return [parsed];
      const { members } = parsed;
      if (!isObject(members['cookie'])) return [{ what: WHAT, why: 'not_a_record' }];
      const { record, lost } = unreserved(WHAT, members);
      const user = username(members);
      if (typeof user === 'string' && user !== '') record['username'] = user;
      return [{ kind: 'session', id: name, handles: 'plain', expires_at: isoOf(endsAt), record }, ...lost];
    },
  };
}

function usernameOf({ username, passport }: Members): unknown {
  return typeof username === 'string' || !isObject(passport) ? username : passport['user'];
}
