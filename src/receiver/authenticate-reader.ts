import type { Logger } from 'pino';
import { createLivePolicy } from '../signature/signature-policy.ts';
import { readCredentials } from '../signature/verify-delivery.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { runTraced } from '../telemetry/server-span.ts';
import { createAdminAccess } from './admin-access.ts';
import { type Hook, notAuthenticated } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';

/**
 * For `onRequest` of a `GET`: accepts a request that has one of our API keys or the admin token. A signature does not count here.
 * It covers the body alone, so one recorded `GET` would be valid for every other path.
 *
 * @throws Problem `not-authenticated`
 */
export function createReaderCheck({ config, adminToken, now }: WebhookDependencies, logger: Logger): Hook {
  const keysOnly = {
    ...config,
    secrets: [],
    get apiKeys() {
      return config.apiKeys;
    },
  };
  const policyNow = createLivePolicy(keysOnly);
  const accessOf = createAdminAccess(adminToken);
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  return (request, _reply, done) => {
    const credentials = readCredentials(request.headers, policyNow(), now());
    const refusal = 'verified' in credentials && !credentials.verified ? credentials.code : null;
    const allowed = refusal === null || accessOf(request.method, request.headers) === 'granted';
    runTraced(request, allowed, () => {
      if (allowed) return done();
      warn(refusal, { reason: refusal, route: request.routeOptions.url }, 'request not authenticated');
      done(notAuthenticated('An API key or the ADMIN_TOKEN is required.'));
    });
  };
}
