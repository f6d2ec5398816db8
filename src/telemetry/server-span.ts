import { subscribe } from 'node:diagnostics_channel';
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recordRequestDuration } from './metrics.ts';

/** Called every few seconds by probes and scrapers, or opened by a person; unrelated to any event. */
const UNTRACED_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
const ADMIN = '/admin';

/** Methods that OpenTelemetry knows; any other text comes from a stranger and would be a label without bound. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** Enough to recognise a path or a client; strangers control the rest. */
const MAX_ATTRIBUTE_LENGTH = 256;

interface OpenSpan {
  readonly span: Span;
  readonly context: Context;
}

interface TracedRequest {
  /** Of `performance.now()`. */
  readonly startedAt: number;
  /** `null` while it is not known whether the caller's `traceparent` may be continued. */
  open: OpenSpan | null;
}

/** A property of the request and not a WeakMap, whose entries would slow each garbage collection under load. */
const TRACED = Symbol('traced request');

function tracedBy(request: FastifyRequest): { [TRACED]?: TracedRequest | undefined } {
  return request as { [TRACED]?: TracedRequest };
}

/**
 * One server span for each request of every Fastify app made from now on, in OpenTelemetry's stable HTTP conventions.
 * Fastify announces its apps on a diagnostics channel, so neither Fastify nor `node:http` is patched.
 * Why not the ready-made instrumentations: docs/decisions/0003-own-client-spans.md.
 *
 * An inbound `traceparent` is continued only by a request that authenticated ({@link runTraced}): a stranger must neither choose
 * what is sampled nor write into somebody's trace. A request with a `traceparent` gets its span when the authentication is known,
 * with the time of its start; any other request gets it at once.
 */
export function traceRequests(): void {
  subscribe('fastify.initialization', (message) => addHooks((message as { fastify: FastifyInstance }).fastify));
}

/**
 * Runs the rest of a request in its span, once it is known whether the request is authentic. `authentic` continues the trace of
 * the caller. Without telemetry, or when the request is not traced, it only runs `work`.
 */
export function runTraced(request: FastifyRequest, authentic: boolean, work: () => void): void {
  const traced = tracedBy(request)[TRACED];
  if (traced === undefined) {
    work();
    return;
  }
  traced.open ??= openLate(request, traced, authentic ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT);
  context.with(traced.open.context, work);
}

function openSpan(request: FastifyRequest, options: SpanOptions, parent: Context): OpenSpan {
  const span = trace.getTracer('hookpatch').startSpan(spanName(request), { ...options, kind: SpanKind.SERVER }, parent);
  if (span.isRecording()) span.setAttributes(requestAttributes(request));
  return { span, context: trace.setSpan(parent, span) };
}

/**
 * In whole milliseconds, because the SDK ends a span with a given start in whole milliseconds: a finer start could be after the
 * end.
 */
function openLate(request: FastifyRequest, { startedAt }: TracedRequest, parent: Context): OpenSpan {
  const elapsedMs = performance.now() - startedAt;
  return openSpan(request, { startTime: Math.floor(Date.now() - elapsedMs) }, parent);
}

/** Whether the caller sent a trace, in any of the formats that `OTEL_PROPAGATORS` names. */
function namesTrace({ headers }: FastifyRequest): boolean {
  return propagation.fields().some((name) => headers[name] !== undefined);
}

function addHooks(app: FastifyInstance): void {
  app.decorateRequest(TRACED);

  app.addHook('onRequest', (request, _reply, done) => {
    if (isPolled(request)) return done();
    const traced: TracedRequest = { startedAt: performance.now(), open: null };
    tracedBy(request)[TRACED] = traced;
    if (namesTrace(request)) return done();
    traced.open = openSpan(request, {}, ROOT_CONTEXT);
    context.with(traced.open.context, done);
  });

  // The body arrives in events of the socket, which have no link to the request's context.
  app.addHook('preValidation', (request, _reply, done) => {
    const open = tracedBy(request)[TRACED]?.open ?? null;
    if (open === null) return done();
    context.with(open.context, done);
  });

  app.addHook('onResponse', (request, reply, done) => {
    const traced = tracedBy(request)[TRACED];
    if (traced !== undefined) {
      recordRequestDuration(performance.now() - traced.startedAt, durationAttributes(request, reply));
      endSpan((traced.open ?? openLate(request, traced, ROOT_CONTEXT)).span, reply);
    }
    done();
  });

  // The caller disconnected: there is no response whose status could be reported.
  app.addHook('onRequestAbort', (request, done) => {
    const traced = tracedBy(request)[TRACED];
    if (traced !== undefined) {
      const { span } = traced.open ?? openLate(request, traced, ROOT_CONTEXT);
      span.setAttribute('error.type', 'aborted');
      span.end();
    }
    tracedBy(request)[TRACED] = undefined;
    done();
  });
}

function isPolled({ method, routeOptions: { url: route } }: FastifyRequest): boolean {
  if (route === undefined) return false;
  return UNTRACED_ROUTES.has(route) || (method === 'GET' && (route === ADMIN || route.startsWith(`${ADMIN}/`)));
}

function spanName(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  return route === undefined ? methodOf(request) : `${methodOf(request)} ${route}`;
}

function methodOf(request: FastifyRequest): string {
  return METHODS.has(request.method) ? request.method : '_OTHER';
}

/** Stable names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
function requestAttributes(request: FastifyRequest): Record<string, string> {
  const route = request.routeOptions.url;
  const userAgent = request.headers['user-agent'];
  return {
    'http.request.method': methodOf(request),
    'url.path': (request.url.split('?', 1)[0] ?? '').slice(0, MAX_ATTRIBUTE_LENGTH),
    'url.scheme': request.protocol,
    'client.address': request.ip,
    'network.protocol.version': request.raw.httpVersion,
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent.slice(0, MAX_ATTRIBUTE_LENGTH) }),
  };
}

function durationAttributes(request: FastifyRequest, reply: FastifyReply): Record<string, string | number> {
  const route = request.routeOptions.url;
  return {
    'http.request.method': methodOf(request),
    'url.scheme': request.protocol,
    'http.response.status_code': reply.statusCode,
    ...(route === undefined ? {} : { 'http.route': route }),
  };
}

/** Only 5xx is an error of ours: a 401 is the intended response to a stranger. */
function endSpan(span: Span, reply: FastifyReply): void {
  span.setAttribute('http.response.status_code', reply.statusCode);
  if (reply.statusCode >= 500) {
    span.setAttribute('error.type', String(reply.statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
