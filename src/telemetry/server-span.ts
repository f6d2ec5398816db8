import { subscribe } from 'node:diagnostics_channel';
import {
  type Context,
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Asked every few seconds by probes and scrapers, or by an open board; says nothing about an event. */
const UNTRACED_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
const BOARD = '/admin';

/** Methods that OpenTelemetry knows; any other text is a stranger's and would be a label without bound. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

interface TracedRequest {
  readonly span: Span;
  readonly context: Context;
  readonly startedAt: number;
}

/** A property of the request and not a WeakMap, whose entries would occupy each garbage collection under load. */
const TRACED = Symbol('traced request');

function tracedBy(request: FastifyRequest): { [TRACED]?: TracedRequest | undefined } {
  return request as { [TRACED]?: TracedRequest };
}

/**
 * One server span for each request of every Fastify app made from now on, in OpenTelemetry's stable HTTP conventions,
 * continuing an inbound `traceparent`. Fastify announces its apps on a diagnostics channel, so neither Fastify nor
 * `node:http` is patched. Why not the ready-made instrumentations: docs/decisions/0003-own-client-spans.md.
 */
export function traceRequests(): void {
  subscribe('fastify.initialization', (message) => addHooks((message as { fastify: FastifyInstance }).fastify));
}

function addHooks(app: FastifyInstance): void {
  const tracer = trace.getTracer('hookpatch');
  const duration = metrics.getMeter('hookpatch').createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP server requests',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS_SECONDS },
  });
  app.decorateRequest(TRACED);

  app.addHook('onRequest', (request, _reply, done) => {
    if (isPolled(request)) return done();
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer.startSpan(spanName(request), { kind: SpanKind.SERVER }, parent);
    if (span.isRecording()) span.setAttributes(requestAttributes(request));
    const active = trace.setSpan(parent, span);
    tracedBy(request)[TRACED] = { span, context: active, startedAt: performance.now() };
    context.with(active, done);
  });

  // The body arrives in events of the socket, which know nothing of the request's context.
  app.addHook('preValidation', (request, _reply, done) => {
    const current = tracedBy(request)[TRACED];
    if (current === undefined) return done();
    context.with(current.context, done);
  });

  app.addHook('onResponse', (request, reply, done) => {
    const current = tracedBy(request)[TRACED];
    if (current !== undefined) {
      duration.record((performance.now() - current.startedAt) / 1000, durationAttributes(request, reply));
      endSpan(current.span, reply);
    }
    done();
  });

  // The caller went away: there is no answer whose status could be told.
  app.addHook('onRequestAbort', (request, done) => {
    const current = tracedBy(request)[TRACED];
    current?.span.setAttribute('error.type', 'aborted');
    current?.span.end();
    tracedBy(request)[TRACED] = undefined;
    done();
  });
}

function isPolled({ method, routeOptions: { url: route } }: FastifyRequest): boolean {
  if (route === undefined) return false;
  return UNTRACED_ROUTES.has(route) || (method === 'GET' && (route === BOARD || route.startsWith(`${BOARD}/`)));
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
    'url.path': request.url.split('?', 1)[0] ?? '',
    'url.scheme': request.protocol,
    'client.address': request.ip,
    'network.protocol.version': request.raw.httpVersion,
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent }),
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

/** Only 5xx is an error of ours: a 401 is what a stranger is meant to get. */
function endSpan(span: Span, reply: FastifyReply): void {
  span.setAttribute('http.response.status_code', reply.statusCode);
  if (reply.statusCode >= 500) {
    span.setAttribute('error.type', String(reply.statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
