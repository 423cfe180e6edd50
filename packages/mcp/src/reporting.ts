import { isOAuthDatabaseError, type OAuthDatabase, type OAuthDatabaseError } from '@oauthdb/core';

/** A database whose failures somebody is told of, beside whoever called it. */
export function reporting(db: OAuthDatabase, onError: (error: OAuthDatabaseError) => void): OAuthDatabase {
  const report = (error: unknown): void => {
    if (isOAuthDatabaseError(error)) onError(error);
  };
  return watched(db, report);
}

/** An object and its parts, which may be of classes with private members. */
function watched<T extends object>(whole: T, report: (error: unknown) => void): T {
  return new Proxy(whole, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member === 'object' && member !== null) return watched(member, report);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const answer: unknown = member.apply(target, args);
        if (answer instanceof Promise) answer.catch(report);
        return answer;
      };
    },
  });
}
