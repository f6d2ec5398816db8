import {
  type Attributes,
  context,
  createContextKey,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { ATTRIBUTE } from '../telemetry/span-names.ts';
import { withSpan } from '../telemetry/tracing.ts';
import { correlationIdOf } from './answer-error.ts';
import { errorBodyOf } from './error-body.ts';
import { classOfStatus } from './failure-class.ts';
import type { GenesysStage } from './genesys-error.ts';
import { type HttpAnswer, type HttpMethod, NoAnswer } from './http.ts';

/**
 * OpenTelemetry's own switch (`suppressTracing` of @opentelemetry/core; context keys are global by name). While it is set, an
 * HTTP instrumentation makes no second span, and its propagators add no header to the request.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

export interface TracedCall {
  readonly stage: GenesysStage;
  readonly method: HttpMethod;
  /** The path with names for ids, for example `/api/v2/conversations/{conversationId}`. */
  readonly urlTemplate: string;
  readonly url: URL;
  /** 0 for the first attempt. */
  readonly resendCount: number;
  /** How long the request waited for its turn and for a token. */
  readonly waitedMs: number;
  /** More attributes of the call for the span. */
  readonly spanAttributes: Readonly<Record<string, string>>;
}

export type TraceHeaders = Readonly<Record<string, string>>;

/**
 * Sends inside a client span (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). Outside of any trace there is no
 * span: a request that belongs to no event would be noise.
 * @param traceHeaders whether the trace is sent to Genesys: `send` gets the headers to add
 */
export async function traced(
  call: TracedCall,
  traceHeaders: boolean,
  send: (headers: TraceHeaders) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const sendQuietly = () => {
    const headers: Record<string, string> = {};
    if (traceHeaders) propagation.inject(context.active(), headers);
    return context.with(context.active().setValue(SUPPRESS_TRACING, true), () => send(headers));
  };
  if (trace.getActiveSpan() === undefined) return sendQuietly();
  const options = { kind: SpanKind.CLIENT, attributes: attributesOf(call) };
  return withSpan(`${call.method} ${call.urlTemplate}`, options, (span) => describeEnd(span, sendQuietly));
}

function attributesOf(call: TracedCall): Attributes {
  const { url } = call;
  return {
    'http.request.method': call.method,
    'url.template': call.urlTemplate,
    'url.full': `${url.origin}${url.pathname}`,
    'server.address': url.hostname,
    'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    ...call.spanAttributes,
    [ATTRIBUTE.call]: call.stage,
    [ATTRIBUTE.pacingWaitMs]: Math.round(call.waitedMs),
    ...(call.resendCount > 0 && { 'http.request.resend_count': call.resendCount }),
  };
}

async function describeEnd(span: Span, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    const answer = await send();
    describeAnswer(span, answer);
    return answer;
  } catch (error) {
    if (error instanceof NoAnswer) span.setAttribute('error.type', error.code);
    throw error;
  }
}

function describeAnswer(span: Span, answer: HttpAnswer): void {
  span.setAttribute('http.response.status_code', answer.status);
  const failed = classOfStatus(answer.status) !== 'success';
  const body = failed ? errorBodyOf(answer) : null;
  const correlationId = correlationIdOf(answer, body?.contextId);
  if (correlationId !== null) span.setAttribute(ATTRIBUTE.correlationId, correlationId);
  if (!failed) return;
  span.setAttribute('error.type', String(answer.status));
  if (body?.code) span.setAttribute(ATTRIBUTE.errorCode, body.code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
