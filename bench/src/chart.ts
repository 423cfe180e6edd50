import type { Row } from './measure.ts';
import type { Report } from './report.ts';

const [LABEL, BAR, LINE, GAP] = [330, 420, 16, 34];
const COLORS = ['#9aa0a6', '#c8ccd0', '#1a73e8', '#7baaf7', '#34a853', '#f9ab00', '#e8710a', '#a142f4'];

/** A chart of the ratios of a report, as SVG: a bar for each subject with its quartiles, a panel for each operation. */
export function chart(report: Report): string {
  const panels = new Map<string, Row[]>();
  for (const row of report.rows) {
    const name = `${row.group}: ${row.operation}, ${row.inFlight} in flight`;
    panels.set(name, [...(panels.get(name) ?? []), row]);
  }
  const most = Math.max(1, ...report.rows.map(({ ratio }) => ratio.high));
  const x = (ratio: number): number => LABEL + (BAR * Math.min(ratio, most)) / most;
  const parts: string[] = [];
  let y = 50;
  for (const [name, rows] of panels) {
    parts.push(text(10, y, name, 'font-weight="bold"'));
    for (const [i, { subject, ratio }] of rows.entries()) {
      const top = y + 8 + i * LINE;
      parts.push(
        text(LABEL - 8, top + 10, subject, 'text-anchor="end"'),
        `<rect x="${LABEL}" y="${top}" width="${px(x(ratio.median) - LABEL)}" height="12" fill="${COLORS[i % COLORS.length]}"/>`,
        `<path d="M${px(x(ratio.low))} ${top + 6}H${px(x(ratio.high))}" stroke="#202124"/>`,
        text(x(ratio.high) + 6, top + 10, ratio.median.toFixed(2), ''),
      );
    }
    const bottom = y + 8 + rows.length * LINE;
    parts.push(`<path d="M${px(x(1))} ${y + 6}V${bottom}" stroke="#d93025" stroke-dasharray="3 2"/>`);
    y = bottom + GAP;
  }
  const title = `Times the bare client, ${report.at.slice(0, 10)}, Node.js ${report.node}, load ${report.load.toFixed(1)} of ${report.cpus} CPUs`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LABEL + BAR + 70}" height="${y}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(10, 20, title, 'font-size="13"'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, words: string, attributes: string): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escaped}</text>`;
}

function px(value: number): string {
  return value.toFixed(1);
}
