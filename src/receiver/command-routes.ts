import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { idFromContent, idFromKey } from '../envelopes/event-id.ts';
import { decodeJson } from '../envelopes/json.ts';
import type { CommandRequest } from '../intake/intake.ts';
import type { Command } from '../rules/parse-command.ts';
import { allowOnly } from './allow-methods.ts';
import { callerOf, type RouteHooks } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { Problem } from './problem.ts';
import { rawBodyOf } from './raw-body.ts';
import { requireConversationId } from './require-conversation-id.ts';

const KEY_HEADER = 'idempotency-key';
const COMMANDS_URL = '/conversations/:conversationId/actions';
const COMMAND_URL = '/conversations/:conversationId/actions/:id';

export interface CommandHooks {
  readonly ofSigned: RouteHooks;
  readonly ofReader: RouteHooks;
}

/**
 * Actions requested over HTTP. They wait in the same inbox as the conversation's events, so the order is kept.
 *
 * - `POST` with `{ conversationId?, target?, actions }`: 202 `{ id, traceId }`. The id is the `Idempotency-Key`, or the signed id
 *   of Standard Webhooks (its SHA-256 if it is longer than 200 characters or not printable ASCII), else a random UUID. If the key
 *   is not signed and already refers to another command, the id is a digest of key and body. A repeat gets the same response and
 *   does nothing. A signature covers the body and not the path, so callers that sign should repeat the conversation's id in the
 *   body: an id that differs from the path's is refused.
 * - `GET` of one: 200 `{ id, status: "pending" }` or `{ id, status: "done", outcomes }`; 404 when it is not known. For API keys
 *   and the admin token.
 */
export function addCommandRoutes(
  scope: FastifyInstance,
  webhook: WebhookDependencies,
  { ofSigned, ofReader }: CommandHooks,
): void {
  allowOnly(scope, 'POST', COMMANDS_URL);
  scope.post<{ Params: { conversationId: string } }>(COMMANDS_URL, { ...ofSigned }, async (request, reply) => {
    const receivedAt = webhook.now();
    const conversationId = requireConversationId(request.params.conversationId);
    const body = decodeJson(rawBodyOf(request));
    const command = requireCommand(body, conversationId, webhook);
    const accepted = await webhook.intake.acceptCommand({ conversationId, ...identityOf(request, body), command, receivedAt });
    reply.code(202);
    return accepted;
  });

  allowOnly(scope, 'GET', COMMAND_URL);
  scope.get<{ Params: { conversationId: string; id: string } }>(COMMAND_URL, { ...ofReader }, async (request) => {
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

/**
 * A repeated key gives the same id. A key that the signature does not cover is valid for this very content only. Otherwise
 * somebody who recorded a command could send it again with the key of another command, which would then be taken for done.
 */
function identityOf(request: FastifyRequest, body: unknown): Pick<CommandRequest, 'id' | 'name'> {
  const key = idempotencyKeyOf(request.headers, callerOf(request), [KEY_HEADER]);
  if (key !== null) return { id: idFromKey(key), name: null };
  const unsigned = request.headers[KEY_HEADER];
  if (typeof unsigned !== 'string' || unsigned === '') return { id: randomUUID(), name: null };
  return { id: idFromContent({ key: unsigned, body }), name: idFromKey(unsigned) };
}
