import type { FastifyInstance } from 'fastify';
import { isObject } from '../domain/json-object.ts';
import { decodeJson } from '../envelopes/json.ts';
import { withinDeadline } from '../intake/within-deadline.ts';
import { currentTraceContext } from '../telemetry/tracing.ts';
import { allowOnly } from './allow-methods.ts';
import type { Authenticate } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import { rawBodyOf, requireJson } from './raw-body.ts';
import { requireConversationId } from './require-conversation-id.ts';

const URL = '/trace-context';

/**
 * `POST /trace-context` with `{ conversationId }`, for an Architect data action: 200 `{ traceId, spanId, traceparent,
 * datadogTraceId }`, the same for a conversation however often it is asked.
 */
export function addTraceContextRoute(scope: FastifyInstance, webhook: WebhookDependencies, authenticate: Authenticate): void {
  allowOnly(scope, 'POST', URL);
  scope.post(URL, { onRequest: requireJson }, async (request) => {
    authenticate(request, webhook.now());
    const body = decodeJson(rawBodyOf(request));
    if (!isObject(body)) throw new Problem({ status: 400, code: 'not-an-object', detail: 'The body must be a JSON object.' });
    const conversationId = requireConversationId(body.conversationId);
    const trace = await withinDeadline(() => webhook.traceOf(conversationId, currentTraceContext()));
    const { traceId, spanId, traceparent, datadogTraceId } = trace;
    return { traceId, spanId, traceparent, datadogTraceId };
  });
}
