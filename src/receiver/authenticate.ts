import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { WebhookConfig } from '../config/config.ts';
import { createLivePolicy } from '../signature/signature-policy.ts';
import { readCredentials, type SignatureClaim, type Verification, verifyClaim } from '../signature/verify-delivery.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { runTraced } from '../telemetry/server-span.ts';
import { ATTRIBUTE, SPAN } from '../telemetry/span-names.ts';
import { inSpan } from '../telemetry/tracing.ts';
import { Problem } from './problem.ts';
import { rawBodyOf } from './raw-body.ts';

/** A Fastify hook. */
export type Hook = (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => void;

/** The hooks that a route has to run before its handler. */
export interface RouteHooks {
  readonly onRequest: Hook | Hook[];
  readonly preValidation?: Hook;
}

/** The sender of an authentic request, and which of its headers can be trusted. */
export interface Caller {
  readonly by: 'signature' | 'api-key';
  /** The header with an id that is signed with the body; `null`: none. */
  readonly signedIdHeader: string | null;
}

/** Accepts a request whose raw bytes are signed with one of our secrets, or that has one of our API keys. */
export interface Authentication {
  /** For `onRequest`: refuses a request whose headers alone show that it is not authentic, before its body is read. */
  readonly checkHeaders: Hook;
  /** For `preValidation`: checks the signature over the raw bytes. */
  readonly checkBody: Hook;
}

const VERDICT = Symbol('verdict');

interface Judged {
  [VERDICT]?: SignatureClaim | Caller;
}

/** The reason is for the log only: the response is always the same. @throws Problem `not-authenticated`, by both hooks */
export function createAuthentication(config: WebhookConfig, now: () => number, logger: Logger): Authentication {
  const policyNow = createLivePolicy(config);
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);

  const settle = (request: FastifyRequest, verification: Verification, done: (error?: Error) => void) => {
    runTraced(request, verification.verified, () => {
      const verdict = verification.verified ? verification.by : verification.code;
      inSpan(SPAN.verify, (span) => span?.setAttribute(ATTRIBUTE.verification, verdict));
      if (verification.verified) {
        (request as Judged)[VERDICT] = { by: verification.by, signedIdHeader: policyNow().idHeader };
        return done();
      }
      warn(verification.code, { reason: verification.code, route: request.routeOptions.url }, 'request not authenticated');
      done(notAuthenticated());
    });
  };

  return {
    checkHeaders: (request, _reply, done) => {
      const credentials = readCredentials(request.headers, policyNow(), now());
      if ('verified' in credentials) return settle(request, credentials, done);
      (request as Judged)[VERDICT] = credentials;
      done();
    },
    checkBody: (request, _reply, done) => {
      const claim = (request as Judged)[VERDICT];
      if (claim === undefined) return done(notAuthenticated());
      if (!('digests' in claim)) return done();
      settle(request, verifyClaim(claim, rawBodyOf(request), policyNow()), done);
    },
  };
}

/** Of a request that passed both hooks of {@link Authentication}. */
export function callerOf(request: FastifyRequest): Caller {
  const verdict = (request as Judged)[VERDICT];
  if (verdict === undefined || 'digests' in verdict) throw notAuthenticated();
  return verdict;
}

export function notAuthenticated(detail = 'A valid signature or API key is required.'): Problem {
  return new Problem({
    status: 401,
    code: 'not-authenticated',
    detail,
    headers: { 'www-authenticate': 'Signature realm="hookpatch"' },
  });
}
