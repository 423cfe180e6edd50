import { grouped } from './grouped.ts';
import type { Row } from './measure.ts';
import type { Report } from './report.ts';

const [LABEL, BAR, FIGURE, LINE, GAP, TOP] = [220, 130, 40, 15, 14, 60];
const [SLOWER, FASTER, CONTROL] = ['#e8710a', '#34a853', '#9aa0a6'];

/**
 * A chart of the ratios of a report, as SVG: a block for each operation of each group, in it a line for each subject and a column for
 * each number of calls in flight. Bars go from 1.00, the first subject, to the left where one is slower and to the right where it is
 * faster, twice as long for four times as much, with the quartiles over them.
 */
export function chart(report: Report): string {
  const columns = [...new Set(report.rows.map(({ inFlight }) => inFlight))].toSorted((a, b) => a - b);
  const ratios = report.rows.flatMap(({ ratio }) => [ratio.low, ratio.high]).map((ratio) => Math.log2(ratio));
  const [least, most] = [Math.floor(Math.min(-1, ...ratios)), Math.ceil(Math.max(1, ...ratios))];
  const xOf = (column: number, ratio: number): number =>
    LABEL + column * (BAR + FIGURE) + (BAR * (Math.log2(ratio) - least)) / (most - least);

  const blocks = grouped(report.rows, ({ group, operation }) => `${group}: ${operation}`);
  const parts: string[] = [];
  let y = TOP;
  for (const [name, rows] of blocks) {
    const lines = grouped(rows, ({ subject }) => subject);
    const [first] = lines.keys();
    parts.push(text(10, y + 11, `${name} (1.00 is ${first})`, 'font-weight="bold"'));
    y += LINE + 3;
    const top = y;
    for (const [subject, some] of [...lines].slice(1)) {
      parts.push(text(LABEL - 8, y + 10, subject, 'text-anchor="end"'));
      for (const row of some)
        parts.push(...bar(row, `${first} again`, y, columns.indexOf(row.inFlight), xOf));
      y += LINE;
    }
    for (const column of columns.keys()) {
      parts.push(`<path d="M${px(xOf(column, 1))} ${top - 2}V${y}" stroke="#202124" stroke-width="0.5"/>`);
    }
    y += GAP;
  }
  const title = `Times the bare client, ${report.at.slice(0, 10)}, Node.js ${report.node}, load ${report.load.toFixed(1)} of ${report.cpus} CPUs`;
  const heads = columns.map((number, column) =>
    text(xOf(column, 1), 42, `${number} in flight`, 'text-anchor="middle"'),
  );
  const width = Math.max(480, LABEL + columns.length * (BAR + FIGURE) + 10);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(10, 20, title, 'font-size="13"'),
    ...heads,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** One ratio: a bar from 1.00, its quartiles and its figure. */
function bar(
  { subject, ratio }: Row,
  control: string,
  y: number,
  column: number,
  xOf: (column: number, ratio: number) => number,
): string[] {
  const [from, to] = [xOf(column, 1), xOf(column, ratio.median)];
  const faster = ratio.median < 1 ? SLOWER : FASTER;
  const color = subject === control ? CONTROL : faster;
  const [low, high] = [xOf(column, ratio.low), xOf(column, ratio.high)];
  return [
    `<rect x="${px(Math.min(from, to))}" y="${y + 1}" width="${px(Math.abs(to - from))}" height="11" fill="${color}"/>`,
    `<path d="M${px(low)} ${px(y + 6.5)}H${px(high)}" stroke="#202124"/>`,
    text(Math.max(high, from) + 4, y + 10, ratio.median.toFixed(2), ''),
  ];
}

function text(x: number, y: number, words: string, attributes: string): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escaped}</text>`;
}

function px(value: number): string {
  return value.toFixed(1);
}
