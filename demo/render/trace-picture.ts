import { inTreeOrder, type WaterfallSpan } from './waterfall.ts';

const ROW = 20;
const HEAD = 34;
const NAME_WIDTH = 480;
const BAR_WIDTH = 360;
const DURATION_WIDTH = 80;
const WIDTH = NAME_WIDTH + BAR_WIDTH + DURATION_WIDTH;
const INDENT = 12;
const SHORTEST_BAR = 2;
/** Wide enough for the path of every call, at this font size. */
const LONGEST_NAME = 78;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const rounded = (value: number) => Number(value.toFixed(1));

/** A trace as an SVG: a row a span, children below their parent, the bar where and as long as the span ran; a failed one is red. */
export function drawTrace(title: string, spans: readonly WaterfallSpan[]): string {
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const totalMs = Math.max(...spans.map((span) => span.endMs)) - startMs || 1;
  const rows = inTreeOrder(spans).map(({ span, depth }, index) => {
    const y = HEAD + index * ROW;
    const x = NAME_WIDTH + ((span.startMs - startMs) / totalMs) * BAR_WIDTH;
    const width = Math.max(((span.endMs - span.startMs) / totalMs) * BAR_WIDTH, SHORTEST_BAR);
    const name = span.name.length > LONGEST_NAME ? `${span.name.slice(0, LONGEST_NAME - 1)}…` : span.name;
    return [
      `<text x="${8 + depth * INDENT}" y="${y + 14}">${escaped(name)}</text>`,
      `<rect x="${rounded(x)}" y="${y + 5}" width="${rounded(width)}" height="10" fill="${span.failed ? '#c62828' : '#1976a5'}"/>`,
      `<text x="${WIDTH - 8}" y="${y + 14}" text-anchor="end">${(span.endMs - span.startMs).toFixed(1)} ms</text>`,
    ].join('');
  });
  const height = HEAD + rows.length * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="20" font-size="13" font-weight="bold">${escaped(title)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}
