/** What an operation takes that looks through everything. */
export interface ProgressOptions {
  /** Told, page by page, how many entries have been looked at so far, and after them members of lists. */
  readonly onProgress?: ((examined: number) => void) | undefined;
}
