/** One command that a server has carried out, as `MONITOR` tells it. */
export interface MonitoredCommand {
  /** Epoch milliseconds, by the server's clock. */
  readonly at: number;
  /** The command and its arguments, as they were sent: secrets among them. */
  readonly args: readonly string[];
  /** The address of who sent it, or `lua` for what a script did. */
  readonly source: string;
  readonly db: number;
}

/** Ends the watching. Never throws. */
export type StopMonitoring = () => void;

const LINE = /^(\d+\.\d+) \[(\d+) ([^\]]*)\] (.*)$/s;

/** Reads a line of `MONITOR`; `null` for one that is none, such as the `OK` in front of them. */
export function parseMonitored(line: string): MonitoredCommand | null {
  const [, time, db, source = '', rest = ''] = LINE.exec(line) ?? [];
  if (time === undefined) return null;
  const quoted = rest.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  return {
    at: Number(time) * 1000,
    args: quoted.map((text) => unescaped(text.slice(1, -1))),
    source,
    db: Number(db),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\u0007', b: '\b' };

/** Redis escapes bytes, not characters. */
function unescaped(text: string): string {
  const raw = text.replace(/\\(?:x([0-9a-f]{2})|(.))/gis, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(raw, 'latin1').toString('utf8');
}
