/** The fields of a reply: a list of names and values in RESP 2, an object or a map in RESP 3. */
export function fieldsOf(reply: unknown): ReadonlyMap<unknown, unknown> {
  if (reply instanceof Map) return reply as ReadonlyMap<unknown, unknown>;
  if (Array.isArray(reply)) {
    const list = reply as readonly unknown[];
    return new Map(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]] as const] : [])));
  }
  return new Map(typeof reply === 'object' && reply !== null ? Object.entries(reply) : []);
}
