/**
 * The promise that `work` returns; what it throws instead rejects. So a call that only checks what it was given, and then waits for
 * another, says what was wrong with it like any other, without the promises of an `async` function: they take a tenth of its time.
 */
export function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
