type Method = (...args: never[]) => unknown;

/** Some methods of `T`, and of the objects that are its members. */
export type Replacing<T> = {
  readonly [Member in keyof T]?: T[Member] extends Method ? T[Member] : Partial<T[Member]>;
};

/**
 * `sound` with other methods where `others` has some; it and its members may be of classes with private members. What is frozen is
 * replaced as a whole, for nothing may show a frozen object with another member.
 */
export function overlay<T extends object>(sound: T, others: Replacing<T>): T {
  return new Proxy(sound, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      const other: unknown = Reflect.get(others, name);
      if (typeof other === 'function') return other.bind(others) as unknown;
      if (typeof own === 'function') return own.bind(target) as unknown;
      return isObject(own) && !Object.isFrozen(own) && isObject(other) ? overlay(own, other) : (other ?? own);
    },
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
