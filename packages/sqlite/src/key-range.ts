const LAST_CODE_POINT = 0x10_ff_ff;

/**
 * The first string, in the order of UTF-8's bytes, that is behind everything that begins with `prefix`; `null` where there is
 * none. SQLite compares text byte by byte, and UTF-8 keeps the order of code points.
 */
export function endOfPrefix(prefix: string): string | null {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? LAST_CODE_POINT;
    if (point === LAST_CODE_POINT) continue;
    // Surrogates are no code points of UTF-8: behind U+D7FF comes U+E000.
    return points.join('') + String.fromCodePoint(point === 0xd7_ff ? 0xe0_00 : point + 1);
  }
  return null;
}

/** The first string behind `text`: nothing fits between the two. */
export function justBehind(text: string): string {
  return `${text}\0`;
}
