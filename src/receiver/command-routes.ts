import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { idFromKey } from '../envelopes/event-id.ts';
import { decodeJson } from '../envelopes/json.ts';
import type { Command } from '../rules/parse-command.ts';
import { allowOnly } from './allow-methods.ts';
import type { Authenticate } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import { rawBodyOf, requireJson } from './raw-body.ts';
import { requireConversationId } from './require-conversation-id.ts';

const COMMANDS_URL = '/conversations/:conversationId/actions';
const COMMAND_URL = '/conversations/:conversationId/actions/:id';

/**
 * Actions asked for over HTTP; they wait in the same inbox as the conversation's events, and so keep their order.
 *
 * - `POST` with `{ conversationId?, target?, actions }`: 202 `{ id, traceId }`. The id is the `Idempotency-Key` (its SHA-256
 *   where it is longer than 200 characters or not printable ASCII), else a random UUID. A repeat answers the same, and does
 *   nothing. A signature covers the body and not the path, so callers that sign should repeat the conversation's id in the
 *   body: one that differs from the path's is refused.
 * - `GET` of one: 200 `{ id, status: "pending" }` or `{ id, status: "done", outcomes }`; 404 when it is not known. Authenticated
 *   by an API key, or by a signature over the empty body, which without signed timestamps is the same for every `GET`.
 */
export function addCommandRoutes(scope: FastifyInstance, webhook: WebhookDependencies, authenticate: Authenticate): void {
  allowOnly(scope, 'POST', COMMANDS_URL);
  scope.post<{ Params: { conversationId: string } }>(COMMANDS_URL, { onRequest: requireJson }, async (request, reply) => {
    const receivedAt = webhook.now();
    authenticate(request, receivedAt);
    const conversationId = requireConversationId(request.params.conversationId);
    const command = requireCommand(decodeJson(rawBodyOf(request)), conversationId, webhook);
    const id = idOf(request);
    const { traceId } = await webhook.intake.acceptCommand({ conversationId, id, command, receivedAt });
    reply.code(202);
    return { id, traceId };
  });

  allowOnly(scope, 'GET', COMMAND_URL);
  scope.get<{ Params: { conversationId: string; id: string } }>(COMMAND_URL, async (request) => {
    authenticate(request, webhook.now());
    const conversationId = requireConversationId(request.params.conversationId);
    const { id } = request.params;
    const status = await webhook.intake.commandStatus(conversationId, id);
    if (status !== null) return { id, ...status };
    throw new Problem({ status: 404, code: 'command-not-found', detail: 'This conversation has no such command.' });
  });
}

function requireCommand(body: unknown, conversationId: string, webhook: WebhookDependencies): Command {
  const parsed = webhook.parseCommand(body, conversationId);
  if (parsed.ok) return parsed.command;
  const { faults } = parsed;
  throw new Problem({ status: 400, code: 'command-invalid', detail: 'The command is not valid.', members: { faults } });
}

function idOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' && key !== '' ? idFromKey(key) : randomUUID();
}
