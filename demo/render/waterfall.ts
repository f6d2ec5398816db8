/** A span, as far as the waterfall draws it. */
export interface WaterfallSpan {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  /** Epoch milliseconds, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
}

export interface Row {
  readonly span: WaterfallSpan;
  readonly depth: number;
}

const NAME_WIDTH = 44;
/** Of a name that is too long: so much of its end is kept. */
const END_WIDTH = 18;
const DURATION_WIDTH = 11;

/** Depth first, children by start time. A span whose parent is not among them stands at the top. */
export function inTreeOrder(spans: readonly WaterfallSpan[]): Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const byStart = spans.toSorted((a, b) => a.startMs - b.startMs);
  const below = (parent: string | null, depth: number): Row[] =>
    byStart
      .filter(({ parentSpanId }) => (parentSpanId !== null && ids.has(parentSpanId) ? parentSpanId : null) === parent)
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below(null, 0);
}

/** Shortened in the middle: the ends of `PATCH /api/v2/.../attributes` are what tells it from others. */
function label({ span, depth }: Row): string {
  const text = `${'  '.repeat(depth)}${span.name}`;
  if (text.length <= NAME_WIDTH) return text.padEnd(NAME_WIDTH);
  return `${text.slice(0, NAME_WIDTH - 1 - END_WIDTH)}…${text.slice(-END_WIDTH)}`;
}

function bar(span: WaterfallSpan, startMs: number, totalMs: number, width: number): string {
  const at = (timeMs: number) => Math.round(((timeMs - startMs) / totalMs) * width);
  const from = Math.min(at(span.startMs), width - 1);
  const length = Math.max(1, Math.min(at(span.endMs), width) - from);
  return (' '.repeat(from) + (span.failed ? '×' : '█').repeat(length)).padEnd(width);
}

function formatDuration(durationMs: number): string {
  return durationMs < 10_000 ? `${durationMs.toFixed(1)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}

/**
 * Draws one trace: a line a span, children below their parent, the bar where and as long as the span ran. A failed span
 * is drawn with `×`. No line is longer than `width` characters (default 100, at least 80).
 */
export function renderWaterfall(spans: readonly WaterfallSpan[], width = 100): string {
  if (spans.length === 0) return '(no spans)';
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const totalMs = Math.max(...spans.map((span) => span.endMs)) - startMs || 1;
  const barWidth = width - NAME_WIDTH - DURATION_WIDTH - 2;
  return inTreeOrder(spans)
    .map((row) => {
      const duration = formatDuration(row.span.endMs - row.span.startMs).padStart(DURATION_WIDTH);
      return `${label(row)} ${bar(row.span, startMs, totalMs, barWidth)} ${duration}`;
    })
    .join('\n');
}
