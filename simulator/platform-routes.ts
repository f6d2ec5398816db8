import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CallName } from './call-name.ts';
import { communicationList, MEDIA } from './conversation.ts';
import { CODES, errorBody, PlatformError } from './error-body.ts';
import type { Write } from './journal.ts';
import { registerNotificationRoutes } from './notification-routes.ts';
import { registerOrganisationRoutes } from './organisation-routes.ts';
import type { Platform } from './platform.ts';
import { type Answer, sendAnswer } from './send-answer.ts';
import { type Call, type CallContext, openRecord, serveCall } from './serve-call.ts';
import {
  readAttributes,
  readTransfer,
  readWrapup,
  readWrapupInput,
  TRANSFER_ENDPOINTS,
  type TransferEndpoint,
} from './write-request.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The simulated call of a route, also if its body could not be read. */
    call?: CallName;
  }
}

const PARTICIPANT = '/api/v2/conversations/:c/participants/:p';

/** Adds the route of one simulated call. */
export type ServeRoute = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  name: CallName,
  execute: Call['execute'],
) => void;

/** The calls of the Platform API and of the login server, on one host. */
export function registerPlatformRoutes(app: FastifyInstance, platform: Platform): void {
  const serve: ServeRoute = (method, url, name, execute) => {
    const call: Call = { name, execute };
    const handler = (request: FastifyRequest, reply: FastifyReply) => serveCall(platform, call, request, reply);
    app.route({ method, url, config: { call: name }, handler });
  };
  serve('POST', '/oauth/token', 'token', issueToken);
  serve('GET', '/api/v2/conversations/:c', 'get-conversation', getConversation);
  serve('PATCH', `${PARTICIPANT}/attributes`, 'patch-attributes', writing(readAttributes));
  serve('PATCH', PARTICIPANT, 'patch-wrapup', writing(readWrapup));
  for (const endpoint of Object.keys(TRANSFER_ENDPOINTS) as TransferEndpoint[]) {
    const readDestination = (body: unknown) => readTransfer(endpoint, body);
    serve('POST', `${PARTICIPANT}/${endpoint}`, 'replace-participant', writing(readDestination));
  }
  serve('GET', `${PARTICIPANT}/wrapupcodes`, 'list-wrapup-codes', listWrapupCodes);
  serve('GET', '/api/v2/routing/queues/:queueId', 'get-queue', getQueue);
  for (const media of MEDIA) {
    const participant = `/api/v2/conversations/${communicationList(media)}/:c/participants/:p`;
    serve('PATCH', `${participant}/attributes`, 'patch-attributes', patchMediaAttributes);
    // Genesys has no such call for chats.
    if (media === 'chat') continue;
    serve('POST', `${participant}/communications/:communicationId/wrapup`, 'post-communication-wrapup', postCommunicationWrapup);
  }
  registerOrganisationRoutes(serve);
  registerNotificationRoutes(serve);
  registerErrorAnswers(app, platform);
}

/** Requests that never reach a call: a body that cannot be read, a path that is not simulated. */
function registerErrorAnswers(app: FastifyInstance, platform: Platform): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { call } = request.routeOptions.config;
    if (call === undefined) reply.code(error.statusCode ?? 400).send({ message: error.message });
    else sendAnswer(reply, openRecord(platform, call, request), bodyError(error));
  });
  app.setNotFoundHandler((request, reply) => {
    const correlationId = randomUUID();
    const error = new PlatformError(404, CODES.notFound, `${request.method} ${request.url} is not simulated.`);
    reply.code(404).header('ININ-Correlation-Id', correlationId).send(errorBody(error, correlationId));
  });
}

function issueToken({ platform, request, now }: CallContext): Answer {
  const { clientId, clientSecret, tokenLifetimeSeconds } = platform.options;
  const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  if (request.headers.authorization !== expected) {
    throw new PlatformError(400, 'invalid_client', 'client not found or invalid client secret');
  }
  const { grant_type: grantType } = (request.body ?? {}) as { grant_type?: string };
  if (grantType !== 'client_credentials')
    throw new PlatformError(400, 'unsupported_grant_type', `grant type ${grantType} is not supported`);
  const token = platform.tokens.issue(tokenLifetimeSeconds, now);
  return { status: 200, body: JSON.stringify({ access_token: token, token_type: 'bearer', expires_in: tokenLifetimeSeconds }) };
}

function getConversation({ platform, conversationId, now }: CallContext): Answer {
  const { json, version } = platform.conversations.fetch(conversationId, now);
  return { status: 200, body: json, ...(platform.options.concurrency === 'etag' && { etag: `"${version}"` }) };
}

/** Accepted, not applied: 202 without a body. */
function writing(read: (body: unknown) => Write): Call['execute'] {
  return (context) => {
    const write = read(context.request.body);
    performWrite(context, write);
    return { status: 202, body: null, write };
  };
}

/** The path of one medium returns the participant's attributes; the generic path returns nothing. */
function patchMediaAttributes(context: CallContext): Answer {
  const write = readAttributes(context.request.body);
  const { attributes } = performWrite(context, write);
  return { status: 200, body: JSON.stringify({ attributes }), write };
}

/** The code of one communication: its own call, for after-call work that is kept there. */
function postCommunicationWrapup(context: CallContext): Answer {
  const { communicationId } = context.request.params as { communicationId: string };
  const write = { ...readWrapupInput(context.request.body), communicationId };
  performWrite(context, write);
  return { status: 202, body: null, write };
}

function performWrite({ platform, conversationId, participantId, ifMatch, lost, now }: CallContext, write: Write) {
  const target = { conversationId: conversationId, participantId: participantId, ifMatch };
  return platform.write(target, write, { lost, now });
}

function listWrapupCodes({ platform, conversationId, participantId, now }: CallContext): Answer {
  const codes = platform.listWrapupCodes(conversationId, participantId, now);
  return { status: 200, body: JSON.stringify(codes.map(({ id, name }) => ({ id, name }))) };
}

function getQueue({ platform, request }: CallContext): Answer {
  const { queueId } = request.params as { queueId: string };
  const { id, name } = platform.queues.require(queueId);
  return { status: 200, body: JSON.stringify({ id, name, selfUri: `/api/v2/routing/queues/${id}` }) };
}

/** An error in Genesys's words for a body that Fastify could not read. */
function bodyError(error: FastifyError): PlatformError {
  if (error.statusCode === 413)
    return new PlatformError(413, CODES.bodyTooLarge, 'The request body is larger than 512000 bytes.');
  if (error.statusCode === 415) return new PlatformError(415, CODES.unsupportedMediaType, 'The content type is not supported.');
  if (error.statusCode === 400) return new PlatformError(400, CODES.badRequest, 'The request could not be understood.');
  return new PlatformError(500, CODES.internalServerError, error.message);
}
