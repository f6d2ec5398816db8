import { cleanCode, errorBodyOf } from './error-body.ts';
import { classOfStatus } from './failure-class.ts';
import { GenesysError, type GenesysStage } from './genesys-error.ts';
import { type HttpAnswer, headerOf, type NoAnswer } from './http.ts';

/** The id that Genesys support asks for: `contextId` of the error body, else the header. */
export function correlationIdOf(answer: HttpAnswer, contextId: string | null = null): string | null {
  return contextId ?? cleanCode(headerOf(answer, 'inin-correlation-id'));
}

/** The error of a response without a success status. `confidential`: texts that its message must not repeat. */
export function httpError(stage: GenesysStage, answer: HttpAnswer, confidential: readonly string[]): GenesysError {
  const body = errorBodyOf(answer, confidential);
  return new GenesysError({
    stage,
    failure: 'http',
    status: answer.status,
    code: body.code ?? `http.${answer.status}`,
    message: body.message ?? `HTTP ${answer.status} without a readable error body`,
    correlationId: correlationIdOf(answer, body.contextId),
    missingPermissions: classOfStatus(answer.status) === 'forbidden' ? body.permissions : null,
  });
}

/** The error of a success response whose body is not what the call promises. */
export function invalidResponse(stage: GenesysStage, answer: HttpAnswer, expected: string): GenesysError {
  return new GenesysError({
    stage,
    failure: 'http',
    status: answer.status,
    code: 'response.invalid',
    message: `the answer is not ${expected}`,
    correlationId: correlationIdOf(answer),
  });
}

/** 429, or nothing was sent because of an earlier 429. `retryAt` in epoch milliseconds. */
export function rateLimited(stage: GenesysStage, retryAt: number, answer: HttpAnswer | null): GenesysError {
  const body = answer === null ? null : errorBodyOf(answer);
  const limit = body?.limit ?? null;
  const until = new Date(retryAt).toISOString();
  return new GenesysError({
    stage,
    failure: 'rate-limited',
    status: answer?.status ?? null,
    code: body?.code ?? 'rate.limited',
    message: `the call may not be sent until ${until}${limit === null ? '' : ` (limit ${limit.key})`}`,
    correlationId: answer === null ? null : correlationIdOf(answer, body?.contextId),
    retryAt,
    limit,
  });
}

export function unanswered(stage: GenesysStage, cause: NoAnswer): GenesysError {
  const { failure, code, message } = cause;
  return new GenesysError({ stage, failure, status: null, code, message, correlationId: null, cause });
}
