import { type Row, ratioOf, verdictOf } from './row.ts';
import { median, spread } from './statistics.ts';

const HEADINGS = ['name', 'figure', 'goal', 'hookpatch', 'compared with', 'ratio', 'spread', 'verdict'] as const;

/** The rows as a Markdown table whose columns also line up in a terminal, and the notes below it. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map(cellsOf);
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const notes = rows.flatMap(({ scenario, metric, note }) => (note === undefined ? [] : [`- ${scenario}, ${metric}: ${note}`]));
  return [line(HEADINGS), rule, ...cells.map(line), ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}

function cellsOf(row: Row): string[] {
  const { scenario, metric, goal, ours, reference } = row;
  const ratio = ratioOf(row);
  return [
    scenario,
    metric,
    goal?.text ?? '',
    formatNumber(median(ours)),
    reference === null ? '' : `${reference.name} ${formatNumber(median(reference.samples))}`,
    ratio === null ? '' : formatNumber(ratio),
    spreadOf(row),
    verdictOf(row),
  ];
}

/** Ours, and after a slash the other's; of a single round there is none. */
function spreadOf({ ours, reference }: Row): string {
  const all = reference === null ? [ours] : [ours, reference.samples];
  return all.map((samples) => (samples.length > 1 ? `${Math.round(spread(samples) * 100)}%` : '-')).join(' / ');
}

/** Three significant digits, and no fraction from 100 on. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
