import { z } from 'zod';
import { delivery } from './event-schemas.ts';
import {
  commandAccepted,
  commandStatus,
  deadLetterForm,
  health,
  problem,
  readiness,
  receipt,
  story,
  traceContext,
  traceContextRequest,
  wakeForm,
} from './schemas.ts';

export type SecurityScheme = 'signature' | 'apiKey' | 'bearer' | 'basic';

export interface Content {
  readonly type: string;
  readonly schema: z.ZodType;
}

export interface ResponseDocs {
  readonly description: string;
  /** `null`: there is no body. */
  readonly content: Content | null;
}

/** One route and method, as the API document shows it. */
export interface Operation {
  readonly id: string;
  readonly tag: 'Events' | 'Commands' | 'Reading' | 'Operations' | 'Admin page';
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  /** Any one of these; empty: none is needed. */
  readonly security: readonly SecurityScheme[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** `null`: there is no body. */
  readonly request: Content | null;
  readonly responses: Readonly<Record<number, ResponseDocs>>;
}

const SIGNED: readonly SecurityScheme[] = ['signature', 'apiKey'];
const READER: readonly SecurityScheme[] = ['apiKey', 'bearer', 'basic'];
const PERSON: readonly SecurityScheme[] = ['bearer', 'basic'];

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; `code` and `detail` report what is wrong.',
  401: 'No credentials, or none that are valid.',
  403: 'Another site asked for the change.',
  404: 'Nothing is known by this id.',
  409: 'The idempotency key is known, with other content. Nothing was stored.',
  413: 'The body, or the number of its events, is too large.',
  415: 'The body has another content type, or is compressed.',
  503: 'It could not be stored or read now, or the process is ending or overloaded; try again after `Retry-After`.',
};

function problems(...statuses: readonly number[]): Record<number, ResponseDocs> {
  const content = { type: 'application/problem+json', schema: problem };
  return Object.fromEntries(statuses.map((status) => [status, { description: PROBLEMS[status] ?? '', content }]));
}

function json(description: string, schema: z.ZodType): ResponseDocs {
  return { description, content: { type: 'application/json', schema } };
}

const form = (schema: z.ZodType): Content => ({ type: 'application/x-www-form-urlencoded', schema });
const page = (description: string): ResponseDocs => ({ description, content: { type: 'text/html', schema: z.string() } });
const redirect = (description: string): ResponseDocs => ({ description, content: null });

const KEYS =
  'The idempotency key. It counts from a sender with an API key, and only where there is one event in the body; `webhook-id` and ' +
  '`X-Genesys-Delivery` are read likewise. A sender that signs puts its key into the event.';
const COMMAND_KEY =
  'A repeat with the same key returns the same response and does nothing. Without it each request is a command of its own.';
const FILTERS = {
  conversation: 'Id of a conversation.',
  rule: 'Name of a rule.',
  reason: 'Reason of a dead letter.',
  action: 'Kind of an action.',
  since: 'A number with s, m, h or d, or a date.',
};

type Written = Omit<Operation, 'request'> & { readonly request?: Content };

const EVENTS: readonly Written[] = [
  {
    id: 'receiveEvents',
    tag: 'Events',
    method: 'post',
    path: '/webhooks/genesys',
    summary: 'Takes a delivery: one event or an array of events.',
    security: SIGNED,
    headers: { 'Idempotency-Key': KEYS },
    request: { type: 'application/json', schema: delivery },
    responses: {
      202: json('Stored, or stored before, or wanted by no rule. All events of the delivery or none.', receipt),
      ...problems(400, 401, 409, 413, 415, 503),
    },
  },
  {
    id: 'readTraceContext',
    tag: 'Events',
    method: 'post',
    path: '/trace-context',
    summary: 'Returns the trace of a conversation, for a data action.',
    security: SIGNED,
    request: { type: 'application/json', schema: traceContextRequest },
    responses: { 200: json('The trace of the conversation.', traceContext), ...problems(400, 401, 413, 415, 503) },
  },
];

const sendCommand = (command: z.ZodType): Written => ({
  id: 'sendCommand',
  tag: 'Commands',
  method: 'post',
  path: '/conversations/{conversationId}/actions',
  summary: 'Takes a command: actions for a conversation, done in order with its events.',
  security: SIGNED,
  headers: { 'Idempotency-Key': COMMAND_KEY },
  request: { type: 'application/json', schema: command },
  responses: { 202: json('Stored, or stored before.', commandAccepted), ...problems(400, 401, 409, 413, 415, 503) },
});

const READING: readonly Written[] = [
  {
    id: 'readCommand',
    tag: 'Commands',
    method: 'get',
    path: '/conversations/{conversationId}/actions/{id}',
    summary: 'Returns what became of a command.',
    security: READER,
    responses: { 200: json('It waits, or it is done.', commandStatus), ...problems(400, 401, 404, 503) },
  },
  {
    id: 'readStory',
    tag: 'Reading',
    method: 'get',
    path: '/conversations/{conversationId}/story',
    summary: 'Returns what came in for a conversation and what became of it.',
    security: READER,
    responses: { 200: json('Its events, oldest first.', story), ...problems(400, 401, 404, 503) },
  },
  {
    id: 'readApiDocument',
    tag: 'Reading',
    method: 'get',
    path: '/openapi.json',
    summary: 'Returns this document.',
    security: [],
    responses: { 200: json('OpenAPI 3.1.', z.looseObject({ openapi: z.string() })) },
  },
  {
    id: 'readHealth',
    tag: 'Operations',
    method: 'get',
    path: '/healthz',
    summary: 'Returns 200 while the process lives.',
    security: [],
    responses: { 200: json('It lives.', health) },
  },
  {
    id: 'readReadiness',
    tag: 'Operations',
    method: 'get',
    path: '/readyz',
    summary: 'Reports whether the process can work.',
    security: [],
    responses: { 200: json('It can.', readiness), 503: json('It can not; `failing` names the checks.', readiness) },
  },
  {
    id: 'readMetrics',
    tag: 'Operations',
    method: 'get',
    path: '/metrics',
    summary: 'Returns the metrics for Prometheus.',
    security: [],
    responses: { 200: { description: 'The text format.', content: { type: 'text/plain', schema: z.string() } } },
  },
];

const ADMIN: readonly Written[] = [
  {
    id: 'showSearch',
    tag: 'Admin page',
    method: 'get',
    path: '/admin',
    summary: 'Search by an id of any kind, or by rule, outcome, reason and time.',
    security: PERSON,
    query: { q: 'An id.', rule: FILTERS.rule, outcome: 'An outcome.', reason: 'A reason.', since: FILTERS.since },
    responses: {
      200: page('What was found.'),
      303: redirect('The only conversation that was found.'),
      ...problems(401, 503),
    },
  },
  {
    id: 'readStyle',
    tag: 'Admin page',
    method: 'get',
    path: '/admin/style.css',
    summary: 'The style sheet.',
    security: PERSON,
    responses: { 200: { description: 'CSS.', content: { type: 'text/css', schema: z.string() } }, ...problems(401) },
  },
  {
    id: 'showConversation',
    tag: 'Admin page',
    method: 'get',
    path: '/admin/conversations/{conversationId}',
    summary: 'The story of a conversation as a timeline.',
    security: PERSON,
    responses: { 200: page('The timeline.'), ...problems(401, 503) },
  },
  {
    id: 'showDeadLetters',
    tag: 'Admin page',
    method: 'get',
    path: '/admin/dead-letters',
    summary: 'Dead letters that fit a filter.',
    security: PERSON,
    query: FILTERS,
    responses: { 200: page('The list.'), ...problems(401, 503) },
  },
  {
    id: 'changeDeadLetters',
    tag: 'Admin page',
    method: 'post',
    path: '/admin/dead-letters',
    summary: 'Retries or drops dead letters: a selection, or all that fit a filter.',
    security: PERSON,
    request: form(deadLetterForm),
    responses: {
      303: redirect('Done; to the list.'),
      400: page('The form is not complete; nothing was changed.'),
      ...problems(401, 403, 413, 415, 503),
    },
  },
  {
    id: 'showWaiting',
    tag: 'Admin page',
    method: 'get',
    path: '/admin/waiting',
    summary: 'Conversations that wait for a later try.',
    security: PERSON,
    responses: { 200: page('The list.'), ...problems(401, 503) },
  },
  {
    id: 'wakeConversations',
    tag: 'Admin page',
    method: 'post',
    path: '/admin/waiting',
    summary: 'Tries waiting conversations now.',
    security: PERSON,
    request: form(wakeForm),
    responses: { 303: redirect('Done; to the list.'), ...problems(401, 403, 413, 415, 503) },
  },
  {
    id: 'showRules',
    tag: 'Admin page',
    method: 'get',
    path: '/admin/rules',
    summary: 'The rules in force, with their counts.',
    security: PERSON,
    responses: { 200: page('The list.'), ...problems(401, 503) },
  },
];

/** Every operation of every role. @param command the schema of a command's body */
export function listOperations(command: z.ZodType): readonly Operation[] {
  return [...EVENTS, sendCommand(command), ...READING, ...ADMIN].map((operation) => ({ request: null, ...operation }));
}
