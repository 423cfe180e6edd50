/** The same items, each asked for while the one before is being worked on. */
export async function* ahead<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let next = ask(iterator);
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = ask(iterator);
      yield value;
    }
  } finally {
    // Whoever stops early does not mind how the one that was asked for ends.
    await next.catch(() => {});
    await iterator.return?.();
  }
}

function ask<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  // Whoever waits for it gets the failure; until then it must not count as unhandled.
  next.catch(() => {});
  return next;
}
