import { SPAN } from '../../../src/telemetry/span-names.ts';
import type { ReceivedSpan } from '../../otlp-receiver/decode-otlp.ts';

/** Redis commands are checked apart: how many of them a step needs is no promise. */
export function isRedis(span: ReceivedSpan): boolean {
  return span.attributes['db.system.name'] === 'redis';
}

export function inTrace(spans: readonly ReceivedSpan[], traceId: string): ReceivedSpan[] {
  return spans.filter((span) => span.traceId === traceId);
}

/** Spans whose parent is neither among `spans` nor one of `remoteParents`, which senders made. */
export function orphansIn(spans: readonly ReceivedSpan[], remoteParents: ReadonlySet<string>): string[] {
  const ids = new Set(spans.map((span) => `${span.traceId} ${span.spanId}`));
  const isOrphan = ({ traceId, parentSpanId }: ReceivedSpan) =>
    parentSpanId !== null && !remoteParents.has(parentSpanId) && !ids.has(`${traceId} ${parentSpanId}`);
  return spans.filter(isOrphan).map(describe);
}

/** Outcomes of actions that the spans tell, in order: `setAttributes applied written`. */
export function outcomesIn(spans: readonly ReceivedSpan[]): string[] {
  return spans.flatMap((span) => span.events.map(({ attributes: told }) => outcomeText(told)));
}

/**
 * A trace as indented lines, siblings by their start, Redis left out: kind, name, `!` for an error, and below a span what
 * it tells of outcomes. The top is what has no parent in the trace.
 */
export function treeOf(spans: readonly ReceivedSpan[]): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const shown = spans.filter((span) => !isRedis(span)).sort(byStart);
  const lines = (span: ReceivedSpan, indent: string): string[] => [
    indent + describe(span),
    ...outcomesIn([span]).map((outcome) => `${indent}  * ${outcome}`),
    ...shown.filter(({ parentSpanId }) => parentSpanId === span.spanId).flatMap((child) => lines(child, `${indent}  `)),
  ];
  return shown.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId)).flatMap((top) => lines(top, ''));
}

/** Our own steps of one millisecond in the order of the table of names, which is that of a delivery. */
function byStart(one: ReceivedSpan, other: ReceivedSpan): number {
  const [rank, otherRank] = [rankOf(one), rankOf(other)];
  const isSameMoment = Math.floor(one.startedAt) === Math.floor(other.startedAt);
  return isSameMoment && rank >= 0 && otherRank >= 0 ? rank - otherRank : one.startedAt - other.startedAt;
}

function rankOf({ name }: ReceivedSpan): number {
  return Object.values<string>(SPAN).indexOf(name);
}

function describe({ kind, name, status }: ReceivedSpan): string {
  return `${kind} ${name}${status === 'error' ? ' !' : ''}`;
}

function outcomeText(told: ReceivedSpan['attributes']): string {
  return [told['hookpatch.action'], told['hookpatch.outcome'], told['hookpatch.outcome.reason']].join(' ');
}
