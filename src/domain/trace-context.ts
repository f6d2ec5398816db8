import { randomFillSync } from 'node:crypto';

/** The trace of an event, as rules and callers see it. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** W3C Trace Context, version 00. */
  readonly traceparent: string;
  /** The low 64 bits of the trace id in decimal, as Datadog correlates logs and traces. */
  readonly datadogTraceId: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/;

/** `null` when the text is no valid W3C `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header). */
export function parseTraceparent(traceparent: string): TraceContext | null {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return null;
  return {
    traceId,
    spanId,
    traceparent,
    datadogTraceId: BigInt(`0x${traceId.slice(16)}`).toString(10),
  };
}

/** A new trace, not sampled, for when no tracer gave one. */
export function createTraceContext(): TraceContext {
  return parseTraceparent(`00-${randomTraceId()}-${randomSpanId()}-00`) ?? createTraceContext();
}

/** 32 lower-case hex digits, not all zero. */
export function randomTraceId(): string {
  return randomHex(16);
}

/** 16 lower-case hex digits, not all zero. */
export function randomSpanId(): string {
  return randomHex(8);
}

/** One call of the system's generator gives the bytes of many ids, because a call for each id would cost more than the id. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  const hex = pool.toString('hex', used - bytes, used);
  return NOTHING.test(hex) ? randomHex(bytes) : hex;
}

/** W3C only forbids an id of zeros. */
const NOTHING = /^0+$/;
