import type { FastifyReply } from 'fastify';
import { errorBody, PlatformError } from './error-body.ts';
import type { JournalRecord, Write } from './journal.ts';

/** The response of a call without problems. */
export interface Answer {
  readonly status: number;
  /** JSON text; `null` is an empty body. */
  readonly body: string | null;
  readonly etag?: string;
  /** The written content. */
  readonly write?: Write;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends the response and completes the request's journal record. */
export function sendAnswer(reply: FastifyReply, record: JournalRecord, answer: Answer | PlatformError): void {
  record.status = answer.status;
  reply.code(answer.status).header('ININ-Correlation-Id', record.correlationId);
  if (answer instanceof PlatformError) sendError(reply, record, answer);
  else sendSuccess(reply, answer);
}

function sendSuccess(reply: FastifyReply, answer: Answer): void {
  if (answer.etag !== undefined) reply.header('ETag', answer.etag);
  if (answer.body === null) reply.send();
  else reply.header('Content-Type', JSON_TYPE).send(answer.body);
}

/** The token endpoint refuses with OAuth's error object, all other calls with Genesys's. */
function sendError(reply: FastifyReply, record: JournalRecord, error: PlatformError): void {
  record.code = error.code;
  if (error.retryAfter !== undefined) reply.header('Retry-After', error.retryAfter);
  const isOAuth = record.call === 'token' && error.status < 429;
  const body = isOAuth ? { error: error.code, description: error.message } : errorBody(error, record.correlationId);
  reply.header('Content-Type', JSON_TYPE).send(JSON.stringify(body));
}
