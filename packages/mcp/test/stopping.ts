import type { OAuthDatabase } from '@oauthdb/core';

/** A database that stops before one of its calls. */
export interface Stopping {
  readonly db: OAuthDatabase;
  /** Settles when it has stopped. */
  readonly reached: Promise<'stopped'>;
  /** Lets it go on. */
  readonly go: () => void;
}

/** A database that stops before its call number `stop`, counted from 0, and with it every later one. */
export function stopping(db: OAuthDatabase, stop: number): Stopping {
  const [reached, gate] = [Promise.withResolvers<'stopped'>(), Promise.withResolvers<void>()];
  let calls = 0;
  const held = new Proxy(db, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        if (calls++ === stop) reached.resolve('stopped');
        if (calls > stop) await gate.promise;
        return member.apply(target, args) as unknown;
      };
    },
  });
  return { db: held, reached: reached.promise, go: () => gate.resolve() };
}
