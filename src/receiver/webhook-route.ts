import type { FastifyInstance } from 'fastify';
import { parseDelivery } from '../envelopes/parse-delivery.ts';
import { recordDelivery } from '../telemetry/metrics.ts';
import { SPAN } from '../telemetry/span-names.ts';
import { inSpan } from '../telemetry/tracing.ts';
import { allowOnly } from './allow-methods.ts';
import { callerOf, type RouteHooks } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { rawBodyOf } from './raw-body.ts';

const URL = '/webhooks/genesys';
/** The first header that is present counts. */
const DELIVERY_KEY_HEADERS = ['idempotency-key', 'webhook-id', 'x-genesys-delivery'];
/**
 * `POST /webhooks/genesys`: 202 with the result of each event, in the order in which they were sent. Events that no rule matches
 * are `ignored` and cost no Redis command; an empty array is a delivery of nothing: 202 with zeros.
 */
export function addWebhookRoute(scope: FastifyInstance, webhook: WebhookDependencies, hooks: RouteHooks): void {
  allowOnly(scope, 'POST', URL);
  scope.post(URL, {
    ...hooks,
    onResponse: (_request, reply, done) => {
      recordDelivery(reply.statusCode);
      done();
    },
    handler: async (request, reply) => {
      const receivedAt = webhook.now();
      const origin = { receivedAt, deliveryKey: idempotencyKeyOf(request.headers, callerOf(request), DELIVERY_KEY_HEADERS) };
      const events = inSpan(SPAN.parse, () => parseDelivery(rawBodyOf(request), origin));
      const receipt = await webhook.intake.acceptEvents(events, receivedAt);
      reply.code(202);
      return receipt;
    },
  });
}
