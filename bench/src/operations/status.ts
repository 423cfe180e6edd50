/** What an answer says became of a call. */
export function statusOf(answer: unknown): unknown {
  return (answer as { readonly status?: unknown } | null)?.status;
}
