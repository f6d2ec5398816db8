import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { WebhookConfig } from '../config/config.ts';
import { createSignaturePolicy, verifyDelivery } from '../signature/verify-delivery.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { ATTRIBUTE, SPAN } from '../telemetry/span-names.ts';
import { inSpan } from '../telemetry/tracing.ts';
import { Problem } from './problem.ts';
import { rawBodyOf } from './raw-body.ts';

/** @throws Problem `not-authenticated` */
export type Authenticate = (request: FastifyRequest, nowMs: number) => void;

/**
 * Lets a request through whose raw bytes are signed with one of our secrets, or that has one of our API keys. A request
 * without a body is signed over the empty body. What was wrong is for the log only: the answer is always the same.
 */
export function createAuthenticate(config: WebhookConfig, logger: Logger): Authenticate {
  const policy = createSignaturePolicy(config);
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  return (request, nowMs) => {
    const verification = inSpan(SPAN.verify, (span) => {
      const result = verifyDelivery({ headers: request.headers, rawBody: rawBodyOf(request) }, policy, nowMs);
      span?.setAttribute(ATTRIBUTE.verification, result.verified ? result.by : result.code);
      return result;
    });
    if (verification.verified) return;
    warn(verification.code, { reason: verification.code, route: request.routeOptions.url }, 'request not authenticated');
    throw notAuthenticated();
  };
}

function notAuthenticated(): Problem {
  return new Problem({
    status: 401,
    code: 'not-authenticated',
    detail: 'A valid signature or API key is required.',
    headers: { 'www-authenticate': 'Signature realm="hookpatch"' },
  });
}
