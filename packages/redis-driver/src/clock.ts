/**
 * Translates moments by `performance.now()` into a server's clock, from the times that its replies carry.
 *
 * A reply says that the server's clock showed `time` at some moment between sending and receiving: that bounds the difference of
 * the two clocks from both sides. The lower bound is used, so that no moment is taken for a later one than it is: a write that
 * carries a deadline is refused a little too early rather than ever made too late.
 */
export class ServerClock {
  #least = -Infinity;
  #most = Infinity;

  /** What the server's clock shows at `moment`, or less; 0 as long as nothing is known. */
  at(moment: number): number {
    return Math.max(0, Math.floor(moment + this.#least));
  }

  /** By how much {@link at} may be too little, in whole milliseconds. */
  get uncertainty(): number {
    const width = Math.ceil(this.#most - this.#least) + 1;
    return Number.isFinite(width) ? width : 0;
  }

  /** @param time - epoch milliseconds, rounded down. */
  learn(time: number, sentAt: number, receivedAt: number): void {
    const least = time - receivedAt;
    const most = time + 1 - sentAt;
    if (least > this.#most || most < this.#least) {
      // One of the clocks was set, or another server answers: what was known is void.
      this.#least = least;
      this.#most = most;
      return;
    }
    this.#least = Math.max(this.#least, least);
    this.#most = Math.min(this.#most, most);
  }
}
