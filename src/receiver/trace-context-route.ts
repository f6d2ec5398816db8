import type { FastifyInstance } from 'fastify';
import { isObject, type JsonObject } from '../domain/json-object.ts';
import { decodeJson } from '../envelopes/json.ts';
import { withinDeadline } from '../intake/within-deadline.ts';
import { currentTraceContext } from '../telemetry/tracing.ts';
import { allowOnly } from './allow-methods.ts';
import { callerOf, type RouteHooks } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import { rawBodyOf } from './raw-body.ts';
import { requireConversationId } from './require-conversation-id.ts';

const URL = '/trace-context';

/**
 * `POST /trace-context` with `{ conversationId }`, for an Architect data action: 200 `{ traceId, spanId, traceparent,
 * datadogTraceId }`, the same for every request on a conversation. A signature covers the body and no path, so a signed body may
 * hold no other members: a recorded event or command is refused here.
 */
export function addTraceContextRoute(scope: FastifyInstance, webhook: WebhookDependencies, hooks: RouteHooks): void {
  allowOnly(scope, 'POST', URL);
  scope.post(URL, { ...hooks }, async (request) => {
    const body = decodeJson(rawBodyOf(request));
    if (!isObject(body)) throw new Problem({ status: 400, code: 'not-an-object', detail: 'The body must be a JSON object.' });
    const conversationId = requireConversationId(body.conversationId);
    if (callerOf(request).by === 'signature') assertOnlyConversationId(body);
    const trace = await withinDeadline(() => webhook.traceOf(conversationId, currentTraceContext()));
    const { traceId, spanId, traceparent, datadogTraceId } = trace;
    return { traceId, spanId, traceparent, datadogTraceId };
  });
}

/** @throws Problem `members-unexpected` */
function assertOnlyConversationId(body: JsonObject): void {
  if (Object.keys(body).length === 1) return;
  throw new Problem({
    status: 400,
    code: 'members-unexpected',
    detail: 'A signed body may hold conversationId and nothing else.',
  });
}
