import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { ENVELOPE_ERROR_CODES } from '../envelopes/envelope-error.ts';

/** Stable, on the wire: callers distinguish problems by these codes. */
export const PROBLEM_CODES = [
  ...ENVELOPE_ERROR_CODES,
  'bad-request',
  'not-authenticated',
  'cross-site',
  'not-found',
  'command-not-found',
  'story-not-found',
  'method-not-allowed',
  'request-timeout',
  'body-too-large',
  'chunks-too-small',
  'overloaded',
  'uri-too-long',
  'content-type-unsupported',
  'content-encoding-unsupported',
  'headers-too-large',
  'command-invalid',
  'members-unexpected',
  'key-reused',
  'internal-error',
  'store-unavailable',
  'shutting-down',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface ProblemFields {
  readonly status: number;
  readonly code: ProblemCode;
  /** For the person who reads it; never quotes the request. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** A response without success, as RFC 9457 problem details (https://www.rfc-editor.org/rfc/rfc9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(fields: ProblemFields) {
    super(fields.detail, { cause: fields.cause });
    this.status = fields.status;
    this.code = fields.code;
    this.headers = fields.headers ?? {};
    this.members = fields.members ?? {};
  }

  /** The problem document. */
  toDocument(): string {
    const title = STATUS_CODES[this.status] ?? 'Error';
    const { status, code, message: detail, members } = this;
    return JSON.stringify({ type: `urn:hookpatch:problem:${code}`, title, status, detail, code, ...members });
  }
}

export function bodyTooLarge(): Problem {
  const detail = 'The body is larger than this service accepts (WEBHOOK_BODY_LIMIT_BYTES).';
  return new Problem({ status: 413, code: 'body-too-large', detail });
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // The rest of a body that nobody reads would be parsed as the next request, or would have to be waited for.
  if (!reply.request.raw.complete) reply.header('connection', 'close');
  return reply.code(problem.status).headers(problem.headers).header('content-type', CONTENT_TYPE).send(problem.toDocument());
}

/** The same, for a connection on which no request could be read. */
export function rawProblemResponse(problem: Problem): string {
  const body = problem.toDocument();
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
