import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CallStep } from './call-step.ts';
import type { FaultSpec } from './faults.ts';
import { registerNotificationControls } from './notification-controls.ts';
import type { WebhookOptions } from './options.ts';
import { UNRELATED_KINDS, type UnrelatedKind } from './other-events.ts';
import { advance, type CallScript, placeCall } from './place-call.ts';
import type { Behaviour, Platform } from './platform.ts';
import type { Queue } from './queue-directory.ts';
import type { ConversationSeed } from './seed-conversation.ts';

interface JournalQuery {
  readonly call?: string;
  readonly conversationId?: string;
  /** Only records after this sequence number. */
  readonly after?: string;
  /** `executed`: only writes that took effect. */
  readonly writes?: string;
  readonly limit?: string;
}

type Id = { Params: { id: string } };

/** The control API under `/simulator`: no token, no faults, no journal. Every error is `{ "message" }`. */
export function registerControlRoutes(app: FastifyInstance, platform: Platform): void {
  app.register(
    async (control) => {
      control.setErrorHandler((error: Error & { statusCode?: number; status?: number }, _request, reply) =>
        reply.code(error.statusCode ?? error.status ?? 400).send({ message: error.message }),
      );
      registerConversationRoutes(control, platform);
      registerFaultRoutes(control, platform);
      registerRecordRoutes(control, platform);
      registerNotificationControls(control, platform);
    },
    { prefix: '/simulator' },
  );
}

function registerConversationRoutes(control: FastifyInstance, platform: Platform): void {
  control.get('/conversations', () => platform.conversations.list());
  const create = ({ delays, ...seed }: ConversationSeed & { delays?: Behaviour }) => platform.createConversation(seed, delays);
  control.post<{ Body: Parameters<typeof create>[0] | Parameters<typeof create>[0][] | null }>(
    '/conversations',
    (request, reply) => {
      const { body } = request;
      return reply.code(201).send(Array.isArray(body) ? body.map(create) : create(body ?? {}));
    },
  );
  control.get<Id>('/conversations/:id', (request, reply) => platform.conversations.find(request.params.id) ?? notFound(reply));
  control.post<Id & { Body: CallStep }>('/conversations/:id/steps', async (request) => ({
    deliveries: await advance(platform, request.params.id, request.body),
    conversation: platform.conversations.find(request.params.id),
  }));
  control.post<Id & { Body: { participantId: string } }>('/conversations/:id/utterances', (request) =>
    platform.raiseUtterance(request.params.id, request.body.participantId),
  );
  control.post<{ Body: { kind: UnrelatedKind } }>('/unrelated-events', (request) => {
    if (!UNRELATED_KINDS.includes(request.body.kind)) throw new Error(`kind is one of ${UNRELATED_KINDS.join(', ')}`);
    return platform.raiseUnrelated(request.body.kind);
  });
  control.post<Id>('/conversations/:id/end', async (request) => ({
    deliveries: await advance(platform, request.params.id, { step: 'end' }),
    conversation: platform.conversations.find(request.params.id),
  }));
  control.patch<{ Params: { id: string; participantId: string }; Body: Record<string, string> }>(
    '/conversations/:id/participants/:participantId/attributes',
    (request) => platform.setAttributes(request.params.id, request.params.participantId, request.body),
  );
  control.post<{ Body: CallScript | null }>('/calls', async (request, reply) =>
    reply.code(201).send(await placeCall(platform, request.body ?? {})),
  );
  control.get('/queues', () => platform.queues.list());
  control.post<{ Body: Queue }>('/queues', (request, reply) => {
    platform.queues.add(request.body);
    return reply.code(201).send(request.body);
  });
}

function registerFaultRoutes(control: FastifyInstance, platform: Platform): void {
  control.get('/faults', () => platform.faults.list());
  control.post<{ Body: FaultSpec }>('/faults', (request, reply) => reply.code(201).send(platform.faults.add(request.body)));
  control.delete('/faults', (_request, reply) => {
    platform.faults.clear();
    return reply.code(204).send();
  });
  control.post('/tokens/revoke', (_request, reply) => {
    platform.tokens.revokeAll();
    return reply.code(204).send();
  });
}

function registerRecordRoutes(control: FastifyInstance, platform: Platform): void {
  control.get<{ Querystring: JournalQuery }>('/journal', (request) => ({
    dropped: platform.journal.dropped,
    records: selectRecords(platform, request),
  }));
  control.delete('/journal', (_request, reply) => {
    platform.journal.clear();
    return reply.code(204).send();
  });
  control.get('/deliveries', () => platform.events.deliveries());
  control.put<{ Body: WebhookOptions | null }>('/webhook', (request, reply) => {
    platform.events.setWebhook(request.body);
    return reply.code(204).send();
  });
  control.post('/reset', (_request, reply) => {
    platform.reset();
    return reply.code(204).send();
  });
}

function selectRecords(platform: Platform, { query }: FastifyRequest<{ Querystring: JournalQuery }>) {
  const after = Number(query.after ?? 0);
  const records = query.writes === 'executed' ? platform.journal.executedWrites() : platform.journal.records();
  return records
    .filter((record) => record.sequence > after)
    .filter((record) => query.call === undefined || record.call === query.call)
    .filter((record) => query.conversationId === undefined || record.conversationId === query.conversationId)
    .slice(0, Number(query.limit ?? Number.MAX_SAFE_INTEGER));
}

function notFound(reply: FastifyReply) {
  return reply.code(404).send({ message: 'there is no such conversation' });
}
