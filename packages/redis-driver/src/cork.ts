interface Corkable {
  cork(): void;
  uncork(): void;
}

/** Has what is written to sockets in one tick go out at once: to write is the dearest part of sending a command. */
export class Cork {
  readonly #clients: () => readonly object[];
  #hasSent = false;
  #corked: readonly Corkable[] = [];

  /** @param clients - ioredis clients; those without a `stream` to cork are left alone. */
  constructor(clients: () => readonly object[]) {
    this.#clients = clients;
  }

  /** Called before a command is sent. The first one of a tick goes out, the others when all that is to be done in it is done. */
  sends(): void {
    if (!this.#hasSent) {
      this.#hasSent = true;
      process.nextTick(this.#endOfTick);
    } else if (this.#corked.length === 0) {
      this.#corked = this.#clients().flatMap(streamOf);
      for (const stream of this.#corked) stream.cork();
    }
  }

  readonly #endOfTick = (): void => {
    const corked = this.#corked;
    this.#hasSent = false;
    this.#corked = [];
    for (const stream of corked) stream.uncork();
  };
}

function streamOf(client: object): Corkable[] {
  const { stream } = client as { readonly stream?: Partial<Corkable> };
  const isCorkable = typeof stream?.cork === 'function' && typeof stream.uncork === 'function';
  return isCorkable ? [stream as Corkable] : [];
}
