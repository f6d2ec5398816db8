import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isPathId } from '../domain/path-id.ts';
import { EnvelopeError } from '../envelopes/envelope-error.ts';
import { KeyReusedError } from '../inbox/inbox.ts';
import { DeadlineError, StoreUnavailableError } from '../intake/within-deadline.ts';
import { isRedisFailure, outagesOf } from '../redis/outages.ts';
import { createDampedLog, type Damping, STRANGERS } from '../telemetry/damped-log.ts';
import { Problem, type ProblemFields, rawProblemResponse, sendProblem } from './problem.ts';

const BAD_REQUEST = { code: 'bad-request', detail: 'The request is not well formed.' } as const;

/** The problem for each status with which Fastify refuses automatically. Its own messages can quote the request. */
const FRAMEWORK_PROBLEMS: Readonly<Record<number, Omit<ProblemFields, 'status'>>> = {
  413: { code: 'body-too-large', detail: 'The body is larger than this service accepts (WEBHOOK_BODY_LIMIT_BYTES).' },
  404: { code: 'not-found', detail: 'There is nothing at this path.' },
  405: { code: 'method-not-allowed', detail: 'This path does not have this method.' },
  414: { code: 'uri-too-long', detail: 'The path is longer than this service accepts.' },
  415: { code: 'content-type-unsupported', detail: 'The body must be application/json.' },
};

/** Redis that restarts or fails over is back within seconds. */
const RETRY_AFTER_SECONDS = '2';

/** Every request fails while Redis is away: one line each ten seconds, with their number. */
const OUTAGE: Damping = { lines: 1, quietMs: 10_000, longestMs: 10_000 };

const INTERNAL_ERROR = { status: 500, code: 'internal-error', detail: 'The service failed; its log says why.' } as const;

/** Every error of a request becomes a problem here. The only log line of a request that was not served is written here. */
export function createErrorHandler(logger: Logger) {
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  const fail = createDampedLog((fields, message) => logger.error(fields, message), STRANGERS);
  const warnRefused = createDampedLog((fields, message) => logger.error(fields, message), OUTAGE);
  const reportOutage = (cause: unknown, about: object) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof Error && (isRedisFailure(cause) || cause instanceof DeadlineError)) outagesOf(logger).failed(cause);
    warnRefused('store-unavailable', { code: 'store-unavailable', reason, ...about }, 'request failed');
  };
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemOf(error);
    const route = request.routeOptions.url ?? null;
    if (problem.code === 'store-unavailable') {
      reportOutage(problem.cause, aboutWhich(error, request));
    } else if (problem.status >= 500) {
      fail(
        problem.code,
        { code: problem.code, route, ...aboutWhich(error, request), err: problem.cause ?? error },
        'request failed',
      );
    } else if (request.method === 'POST' && problem.status !== 401 && route !== null) {
      warn(problem.code, { code: problem.code, route, ...aboutWhich(error, request), ...problem.members }, 'request refused');
    }
    sendProblem(reply, problem);
  };
}

/** A delivery may be about a thousand conversations. */
const CONVERSATIONS_LISTED = 20;

/** The conversations of a request that was not served, as far as they are known. */
function aboutWhich(error: unknown, { params }: FastifyRequest): object {
  const { conversationId } = (params ?? {}) as { readonly conversationId?: unknown };
  if (isPathId(conversationId)) return { conversationId };
  const [first, ...others] = error instanceof StoreUnavailableError ? error.conversationIds : [];
  if (first === undefined) return {};
  return { conversationId: first, ...(others.length > 0 && { otherConversations: others.slice(0, CONVERSATIONS_LISTED) }) };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof EnvelopeError) return problemOfEnvelope(error);
  if (error instanceof KeyReusedError) return keyReused(error);
  if (error instanceof StoreUnavailableError) return storeUnavailable(error.cause);
  const status = (error as Partial<FastifyError> | null)?.statusCode ?? 500;
  if (status < 400 || status > 499) return new Problem({ ...INTERNAL_ERROR, cause: error });
  return new Problem({ status, ...(FRAMEWORK_PROBLEMS[status] ?? BAD_REQUEST) });
}

function problemOfEnvelope({ code, message, position }: EnvelopeError): Problem {
  const members = position === null ? {} : { position };
  return new Problem({ status: code === 'too-many-events' ? 413 : 400, code, detail: message, members });
}

function keyReused({ position, conversationId }: KeyReusedError): Problem {
  const detail = 'The idempotency key is known for this conversation, with other content. Nothing was stored.';
  return new Problem({ status: 409, code: 'key-reused', detail, members: { position, conversationId } });
}

function storeUnavailable(cause: unknown): Problem {
  const headers = { 'retry-after': RETRY_AFTER_SECONDS };
  return new Problem({
    status: 503,
    code: 'store-unavailable',
    detail: 'The store cannot be reached; try again.',
    headers,
    cause,
  });
}

/**
 * Responds on a connection on which Node could not read a request. Without a response the sender would not know why it failed.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(rawProblemResponse(problemOfConnection(error.code)));
  socket.destroy();
}

/** https://nodejs.org/api/http.html#event-clienterror */
function problemOfConnection(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem({ status: 408, code: 'request-timeout', detail: 'The request did not arrive in time.' });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Problem({ status: 431, code: 'headers-too-large', detail: 'The headers are larger than this service accepts.' });
  }
  return new Problem({ status: 400, ...BAD_REQUEST });
}
