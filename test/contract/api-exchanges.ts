import type { FastifyInstance } from 'fastify';
import { ACTIONS } from '../../src/actions/registry.ts';
import type { Desk } from '../../src/desk/desk.ts';
import { eventStories } from '../../src/desk/event-story.ts';
import { KeyReusedError } from '../../src/inbox/inbox.ts';
import type { AdminDependencies } from '../../src/receiver/dependencies.ts';
import { createCommandParser } from '../../src/rules/parse-command.ts';
import type { StoryLine } from '../../src/story/story-line.ts';
import {
  ADMIN_TOKEN,
  API_KEY,
  BODY_LIMIT_BYTES,
  flatEvent,
  type ReceiverOverrides,
  signatureOf,
} from '../unit/receiver/harness.ts';

/** A request, what the service is like meanwhile, and what it must respond with. */
export interface Exchange {
  /** As in the document: `POST /webhooks/genesys`. */
  readonly operation: string;
  readonly status: number;
  /** The code of the problem, where the response is one. */
  readonly code?: string;
  /** The path with its ids and query, where it differs from that of the operation. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the document allows the body; `null`: there is nothing to say, or no schema can. */
  readonly isValidBody?: boolean | null;
  readonly overrides?: ReceiverOverrides;
}

const down = async () => Promise.reject(new Error('down'));
const reused = async () => Promise.reject(new KeyReusedError(0, 'c-1'));
const storing = (accept: () => Promise<never>): ReceiverOverrides => ({ intake: { store: { accept } } });
const tooLarge = JSON.stringify({ padding: 'x'.repeat(BODY_LIMIT_BYTES) });

const json = { 'content-type': 'application/json' };
const byKey = { ...json, 'x-api-key': API_KEY };
const byToken = { authorization: `Bearer ${ADMIN_TOKEN}` };
const form = { ...byToken, 'content-type': 'application/x-www-form-urlencoded' };

const parseCommand = createCommandParser(ACTIONS);
const real: ReceiverOverrides = { webhook: { parseCommand } };

/** What every route with signed JSON refuses. */
function refusals(operation: string, body: string, url?: string): Exchange[] {
  const request = { operation, ...(url === undefined ? {} : { url }) };
  return [
    { ...request, status: 400, code: 'not-json', headers: byKey, body: '{', isValidBody: null },
    { ...request, status: 401, code: 'not-authenticated', headers: json, body },
    { ...request, status: 413, code: 'body-too-large', headers: byKey, body: tooLarge, isValidBody: null },
    { ...request, status: 415, code: 'content-type-unsupported', headers: { ...byKey, 'content-type': 'text/plain' }, body },
    { ...request, status: 503, code: 'shutting-down', headers: byKey, body, overrides: { refusesDeliveries: () => true } },
  ];
}

const WEBHOOK = 'POST /webhooks/genesys';
const event = JSON.stringify(flatEvent());
const batch = JSON.stringify([flatEvent(), flatEvent({ eventType: 'v2.users.7.presence', eventId: 'e-2' })]);

const WEBHOOKS: readonly Exchange[] = [
  { operation: WEBHOOK, status: 202, headers: byKey, body: event },
  { operation: WEBHOOK, status: 202, headers: { ...json, 'x-genesys-signature': signatureOf(batch) }, body: batch },
  { operation: WEBHOOK, status: 202, headers: byKey, body: '[]' },
  { operation: WEBHOOK, status: 400, code: 'envelope-unknown', headers: byKey, body: '{"a":1}', isValidBody: false },
  { operation: WEBHOOK, status: 400, code: 'not-an-object', headers: byKey, body: '[7]', isValidBody: false },
  {
    operation: WEBHOOK,
    status: 400,
    code: 'conversation-id-missing',
    headers: byKey,
    body: JSON.stringify([flatEvent({ conversationId: null })]),
    isValidBody: null,
  },
  {
    operation: WEBHOOK,
    status: 413,
    code: 'too-many-events',
    headers: byKey,
    body: JSON.stringify(Array.from({ length: 1_001 }, () => ({ topic: 'x' }))),
    isValidBody: false,
  },
  { operation: WEBHOOK, status: 409, code: 'key-reused', headers: byKey, body: event, overrides: storing(reused) },
  { operation: WEBHOOK, status: 503, code: 'store-unavailable', headers: byKey, body: event, overrides: storing(down) },
  ...refusals(WEBHOOK, event),
];

const COMMANDS = 'POST /conversations/{conversationId}/actions';
const commands = '/conversations/c-1/actions';
const command = JSON.stringify({
  target: { purpose: 'agent' },
  actions: [
    { setAttributes: { escalated: 'true', level: 2, gone: null } },
    { applyWrapup: { code: 'Resolved', tags: ['a'], durationSeconds: 3 } },
    { transfer: { queueName: 'Support' } },
  ],
});
/** What neither the schema of a command nor its parser takes. */
const WRONG_COMMANDS = [
  {},
  { actions: [] },
  { actions: [{ setAttributes: {} }] },
  { actions: [{ transfer: { queueId: 'q', userId: 'u' } }] },
  { actions: [{ applyWrapup: { notes: 'n' } }] },
  { actions: [{ setAttributes: { a: 'b' }, transfer: { queueId: 'q' } }] },
  { actions: [{ setAttributes: { a: 'b' } }], extra: 1 },
  { target: {}, actions: [{ setAttributes: { a: 'b' } }] },
];

const SENDING: readonly Exchange[] = [
  { operation: COMMANDS, url: commands, status: 202, headers: byKey, body: command, overrides: real },
  ...WRONG_COMMANDS.map(
    (wrong): Exchange => ({
      operation: COMMANDS,
      url: commands,
      status: 400,
      code: 'command-invalid',
      headers: byKey,
      body: JSON.stringify(wrong),
      isValidBody: false,
      overrides: real,
    }),
  ),
  {
    operation: COMMANDS,
    url: '/conversations/a%20b/actions',
    status: 400,
    code: 'conversation-id-invalid',
    headers: byKey,
    body: command,
  },
  {
    operation: COMMANDS,
    url: commands,
    status: 409,
    code: 'key-reused',
    headers: byKey,
    body: command,
    overrides: { ...real, ...storing(reused) },
  },
  ...refusals(COMMANDS, command, commands),
];

const COMMAND = 'GET /conversations/{conversationId}/actions/{id}';
const one = `${commands}/key-1`;
const traceId = 'f'.repeat(32);
const outcome = {
  kind: 'dead-lettered',
  reason: 'refused',
  detail: 'Genesys refused it.',
  rule: null,
  action: 'transfer',
  participantId: 'p-1',
  genesys: { status: 400, code: 'bad.request', message: 'no', correlationId: 'corr-1' },
} as const;
const knowing = (outcomes: Record<string, typeof outcome> | null): ReceiverOverrides => ({
  commands: { get: async () => ({ traceId, outcomes }) },
});

const STORY = 'GET /conversations/{conversationId}/story';
const LINES: readonly StoryLine[] = [
  {
    kind: 'received',
    at: 1_795_213_800_123,
    eventId: 'e-1',
    topic: 'v2.detail.events.conversation.{id}.user.end',
    status: 'accepted',
    via: 'webhook',
    rules: [{ rule: 'wrap-up', verdict: 'matched' }],
    traceId,
  },
  { kind: 'waiting', at: 1_795_213_801_000, eventId: 'e-1', until: 1_795_213_802_000, because: '429' },
  {
    kind: 'ended',
    at: 1_795_213_803_000,
    eventId: 'e-1',
    outcomes: [{ ...outcome, correlationId: 'corr-1' }].map(({ genesys: _, ...rest }) => rest),
    calls: [{ stage: 'fetch', status: '200', correlationId: 'c-2' }],
  },
  {
    kind: 'received',
    at: 1_795_213_804_000,
    eventId: 'e-2',
    topic: 'v2.detail.events.conversation.{id}.acw',
    status: 'ignored',
    via: 'webhook',
    rules: [{ rule: 'wrap-up', verdict: 'condition-false' }],
    traceId: null,
  },
];
const storied: ReceiverOverrides = { webhook: { eventsOf: async () => eventStories(LINES) } };

const TRACE = 'POST /trace-context';
const asked = JSON.stringify({ conversationId: 'c-1' });
const more = JSON.stringify({ conversationId: 'c-1', topic: 'x' });

const READING: readonly Exchange[] = [
  { operation: COMMAND, url: one, status: 200, headers: byKey, overrides: knowing(null) },
  { operation: COMMAND, url: one, status: 200, headers: byToken, overrides: knowing({ 'transfer/0': outcome }) },
  { operation: COMMAND, url: '/conversations/a%20b/actions/x', status: 400, code: 'conversation-id-invalid', headers: byKey },
  { operation: COMMAND, url: one, status: 401, code: 'not-authenticated' },
  { operation: COMMAND, url: one, status: 404, code: 'command-not-found', headers: byKey },
  {
    operation: COMMAND,
    url: one,
    status: 503,
    code: 'store-unavailable',
    headers: byKey,
    overrides: { commands: { get: down } },
  },
  { operation: STORY, url: '/conversations/c-1/story', status: 200, headers: byKey, overrides: storied },
  { operation: STORY, url: '/conversations/%7B/story', status: 400, code: 'conversation-id-invalid', headers: byKey },
  { operation: STORY, url: '/conversations/c-1/story', status: 401, code: 'not-authenticated' },
  { operation: STORY, url: '/conversations/c-1/story', status: 404, code: 'story-not-found', headers: byKey },
  {
    operation: STORY,
    url: '/conversations/c-1/story',
    status: 503,
    code: 'store-unavailable',
    headers: byKey,
    overrides: { webhook: { eventsOf: down } },
  },
  { operation: TRACE, status: 200, headers: byKey, body: asked },
  { operation: TRACE, status: 200, headers: { ...json, 'x-genesys-signature': signatureOf(asked) }, body: asked },
  {
    operation: TRACE,
    status: 400,
    code: 'members-unexpected',
    headers: { ...json, 'x-genesys-signature': signatureOf(more) },
    body: more,
    isValidBody: null,
  },
  { operation: TRACE, status: 400, code: 'conversation-id-missing', headers: byKey, body: '{}', isValidBody: false },
  {
    operation: TRACE,
    status: 400,
    code: 'conversation-id-invalid',
    headers: byKey,
    body: '{"conversationId":"a b"}',
    isValidBody: false,
  },
  { operation: TRACE, status: 400, code: 'not-an-object', headers: byKey, body: '[]', isValidBody: false },
  ...refusals(TRACE, asked),
];

const unready = { ready: false, checks: { redis: false }, pausedUntil: 1_795_213_800_000 };
const OPERATIONS: readonly Exchange[] = [
  { operation: 'GET /healthz', status: 200 },
  { operation: 'GET /readyz', status: 200 },
  { operation: 'GET /readyz', status: 503, overrides: { health: { isReady: async () => unready } } },
  { operation: 'GET /readyz', status: 503, overrides: { health: { isReady: down } } },
  { operation: 'GET /metrics', status: 200 },
  { operation: 'GET /openapi.json', status: 200 },
];

const desk: Desk = {
  find: async () => ['c-1'],
  search: async () => ['c-1'],
  conversation: async (conversationId) => ({ conversationId, events: eventStories(LINES), deadLetters: [], waiting: 1 }),
  deadLetters: async () => [],
  change: async (_change, ids) => ids,
  waiting: async () => [],
  wake: async (ids) => ids,
  countOf: async () => 0,
};
const admin: AdminDependencies = {
  currentToken: () => ADMIN_TOKEN,
  actionTypes: Object.keys(ACTIONS),
  storyDays: 3,
  traceUrl: null,
  ruleSet: () => ({ rules: new Map(), candidates: () => [] }),
  openDesk: async () => desk,
};
const withPage: ReceiverOverrides = { admin };
const withoutRedis: ReceiverOverrides = { admin: { ...admin, openDesk: down } };
const PAGES = ['/admin', '/admin/conversations/{conversationId}', '/admin/dead-letters', '/admin/waiting', '/admin/rules'];
const FORMS: readonly (readonly [path: string, body: string])[] = [
  ['/admin/dead-letters', 'do=retry&id=1&id=2'],
  ['/admin/waiting', 'conversation=c-1'],
];

const ADMIN: readonly Exchange[] = [
  ...PAGES.flatMap((path): Exchange[] => {
    const request = { operation: `GET ${path}`, url: path.replace('{conversationId}', 'c-1') };
    return [
      { ...request, status: 200, headers: byToken, overrides: withPage },
      { ...request, status: 401, code: 'not-authenticated', overrides: withPage },
      { ...request, status: 503, code: 'store-unavailable', headers: byToken, overrides: withoutRedis },
    ];
  }),
  { operation: 'GET /admin', url: '/admin?q=c-1', status: 303, headers: byToken, overrides: withPage },
  { operation: 'GET /admin/style.css', status: 200, headers: byToken, overrides: withPage },
  { operation: 'GET /admin/style.css', status: 401, code: 'not-authenticated', overrides: withPage },
  ...FORMS.flatMap(([path, body]): Exchange[] => {
    const request = { operation: `POST ${path}`, headers: form, body, overrides: withPage };
    const foreign = { ...form, 'sec-fetch-site': 'cross-site' };
    return [
      { ...request, status: 303 },
      { ...request, status: 401, code: 'not-authenticated', headers: { ...form, authorization: 'Bearer x' } },
      { ...request, status: 403, code: 'cross-site', headers: foreign },
      { ...request, status: 413, code: 'body-too-large', body: `id=${'x'.repeat(70_000)}` },
      { ...request, status: 415, code: 'content-type-unsupported', headers: { ...form, 'content-type': 'application/json' } },
      { ...request, status: 503, code: 'store-unavailable', overrides: withoutRedis },
    ];
  }),
  {
    operation: 'POST /admin/dead-letters',
    status: 400,
    headers: form,
    body: 'do=everything',
    overrides: withPage,
    isValidBody: null,
  },
];

/** At least one of each status of each operation. */
export const EXCHANGES: readonly Exchange[] = [...WEBHOOKS, ...SENDING, ...READING, ...OPERATIONS, ...ADMIN];

/** A receiver with everything that any role serves. */
export const EVERYTHING: ReceiverOverrides = withPage;

export function play(app: FastifyInstance, { operation, url, headers = {}, body }: Exchange) {
  const [method = '', path = ''] = operation.split(' ');
  return app.inject({
    method: method as 'GET' | 'POST',
    url: url ?? path,
    headers: { ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
}
