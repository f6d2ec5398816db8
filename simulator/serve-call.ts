import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallName } from './call-name.ts';
import { CODES, PlatformError } from './error-body.ts';
import { describeFault, type Fault, faultError, type Moment } from './faults.ts';
import type { JournalRecord } from './journal.ts';
import type { RateLimit } from './options.ts';
import { assertPermitted } from './permissions.ts';
import type { Platform } from './platform.ts';
import { type Answer, sendAnswer } from './send-answer.ts';
import type { SlidingWindow } from './sliding-window.ts';

export interface CallContext {
  readonly platform: Platform;
  readonly request: FastifyRequest;
  /** Empty when the path has none. */
  readonly conversationId: string;
  readonly participantId: string;
  readonly ifMatch: string | null;
  readonly now: number;
  /** A fault demands that the write is dropped. */
  readonly lost: boolean;
}

export interface Call {
  readonly name: CallName;
  /** Executes the call; throws a PlatformError when Genesys would refuse. */
  readonly execute: (context: CallContext) => Answer;
}

/** One request, from its arrival to its response. */
interface Exchange {
  readonly platform: Platform;
  readonly call: Call;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly record: JournalRecord;
}

const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage'] as const;
const WRITES: ReadonlySet<CallName> = new Set([
  'patch-attributes',
  'patch-wrapup',
  'post-communication-wrapup',
  'replace-participant',
]);

/** Writes the first part of the request's journal record; the rest follows with the response. */
export function openRecord(platform: Platform, call: CallName, request: FastifyRequest): JournalRecord {
  const { c = null, p = null } = request.params as { c?: string; p?: string };
  const { headers } = request;
  return platform.journal.append({
    at: Date.now(),
    call,
    conversationId: c,
    participantId: p,
    status: null,
    code: null,
    executed: false,
    fault: null,
    correlationId: randomUUID(),
    ifMatch: headers['if-match'] ?? null,
    traceHeaders: TRACE_HEADERS.filter((name) => headers[name] !== undefined),
    write: null,
    ...(platform.options.recordRawHeaders && { rawHeaders: request.raw.rawHeaders }),
  });
}

/**
 * Serves one call: token, rate limit, fault, permission, execution, response, in this order. The call is executed when the
 * request arrives. Latency delays only the response, so a client that gives up finds its write done.
 */
export function serveCall(platform: Platform, call: Call, request: FastifyRequest, reply: FastifyReply): void {
  const exchange: Exchange = { platform, call, request, reply, record: openRecord(platform, call.name, request) };
  const refusal = call.name === 'token' ? null : refuse(exchange);
  const fault = refusal ? null : platform.faults.take(call.name, exchange.record.conversationId);
  if (fault) serveFaulty(exchange, fault);
  else sendAfter(platform.options.latencyMs, exchange, refusal ?? execute(exchange, false));
}

/** 401 or 429, or `null` when the request may go on. */
function refuse({ platform, call, request, record }: Exchange): PlatformError | null {
  const { rateLimit, routeRateLimits, organizationRateLimit } = platform.options;
  const token = platform.tokens.find(request.headers.authorization, record.at);
  if (token instanceof PlatformError) return token;
  const waitMs =
    waitFor(token.window, rateLimit, record.at) ??
    waitFor(platform.windowOf(call.name), routeRateLimits[call.name], record.at) ??
    waitFor(platform.organizationWindow, organizationRateLimit, record.at);
  if (waitMs === null) return null;
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1000)));
  const message = `Rate limit exceeded the maximum. Retry the request in [${retryAfter}] seconds`;
  return new PlatformError(429, CODES.tooManyRequests, message, { retryAfter });
}

function waitFor(window: SlidingWindow, limit: RateLimit | null | undefined, now: number): number | null {
  return limit ? window.take(limit.requests, limit.windowMs, now) : null;
}

function execute({ platform, call, request, record }: Exchange, lost: boolean): Answer | PlatformError {
  const { conversationId, participantId, ifMatch, at: now } = record;
  try {
    assertPermitted(call.name, platform.permissions);
    const context = {
      platform,
      request,
      conversationId: conversationId ?? '',
      participantId: participantId ?? '',
      ifMatch,
      now,
      lost,
    };
    const answer = call.execute(context);
    record.executed = !lost;
    if (answer.write && !lost) record.write = answer.write;
    return answer;
  } catch (error) {
    if (error instanceof PlatformError) return error;
    return new PlatformError(500, CODES.internalServerError, error instanceof Error ? error.message : String(error));
  }
}

function serveFaulty(exchange: Exchange, fault: Fault): void {
  const { platform, record } = exchange;
  record.fault = describeFault(fault);
  if (abandon('before', exchange, fault)) return;
  const error = faultError(fault, record.at);
  const answer = error && !fault.execute ? error : executeInConflict(exchange, fault);
  if (abandon('after', exchange, fault)) return;
  sendAfter(fault.latencyMs ?? platform.options.latencyMs, exchange, error ?? answer);
}

function executeInConflict(exchange: Exchange, fault: Fault): Answer | PlatformError {
  const { platform, call, record } = exchange;
  const isWrite = WRITES.has(call.name);
  const touched = fault.conflict ? record.conversationId : null;
  if (touched !== null && isWrite) platform.touch(touched);
  const answer = execute(exchange, fault.lostWrite === true && isWrite);
  if (touched !== null && !isWrite) platform.touch(touched);
  return answer;
}

/** Drops the connection or leaves it hanging, if the fault demands it at this moment. */
function abandon(moment: Moment, { reply }: Exchange, fault: Fault): boolean {
  if (fault.dropConnection !== moment && fault.hang !== moment) return false;
  reply.hijack();
  if (fault.dropConnection === moment) reply.raw.socket?.destroy();
  return true;
}

function sendAfter(latencyMs: number, { reply, record }: Exchange, answer: Answer | PlatformError): void {
  if (latencyMs > 0) setTimeout(sendAnswer, latencyMs, reply, record, answer);
  else sendAnswer(reply, record, answer);
}
