interface Corkable {
  cork(): void;
  uncork(): void;
}

/** Has what is written to sockets in one tick go out at once: to write is the dearest part of sending a command. */
export class Cork {
  readonly #clients: () => readonly object[];
  #corked: readonly Corkable[] | undefined;

  /** @param clients - ioredis clients; those without a `stream` to cork are left alone. */
  constructor(clients: () => readonly object[]) {
    this.#clients = clients;
  }

  /** Holds back what is written from now on until all that is to be done in this tick is done. */
  untilEndOfTick(): void {
    if (this.#corked !== undefined) return;
    this.#corked = this.#clients().flatMap(streamOf);
    for (const stream of this.#corked) stream.cork();
    process.nextTick(this.#uncork);
  }

  readonly #uncork = (): void => {
    const corked = this.#corked ?? [];
    this.#corked = undefined;
    for (const stream of corked) stream.uncork();
  };
}

function streamOf(client: object): Corkable[] {
  const { stream } = client as { readonly stream?: Partial<Corkable> };
  const isCorkable = typeof stream?.cork === 'function' && typeof stream.uncork === 'function';
  return isCorkable ? [stream as Corkable] : [];
}
