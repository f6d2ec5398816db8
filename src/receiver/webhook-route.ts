import type { FastifyInstance } from 'fastify';
import { decodeText } from '../envelopes/json.ts';
import { type DeliveryOrigin, parseDeliveryText } from '../envelopes/parse-delivery.ts';
import { FROM_WEBHOOK } from '../intake/accept-events.ts';
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
      const deliveryKey = idempotencyKeyOf(request.headers, callerOf(request), DELIVERY_KEY_HEADERS);
      const { text, events } = inSpan(SPAN.parse, () => parse(rawBodyOf(request), { receivedAt, deliveryKey }));
      const origin = { ...FROM_WEBHOOK, sent: { text, deliveryKey } };
      const receipt = await webhook.intake.acceptEvents(events, receivedAt, origin);
      reply.code(202);
      return receipt;
    },
  });
}

function parse(body: Buffer, origin: DeliveryOrigin) {
  const text = decodeText(body);
  return { text, events: parseDeliveryText(text, origin) };
}
