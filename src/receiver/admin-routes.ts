import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { StoreUnavailableError, withinDeadline } from '../intake/within-deadline.ts';
import type { DeadLetter } from '../queue/dead-letters.ts';
import { type MaskAction, maskDeadLetter } from '../queue/mask-dead-letter.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { createAdminAccess } from './admin-access.ts';
import type { AdminDependencies, AdminQueues } from './dependencies.ts';
import { createErrorHandler } from './error-handler.ts';
import { Problem } from './problem.ts';

/** Where the board is; its pages link by it. */
const BASE_PATH = '/admin';

/**
 * What may be changed here: a dead letter is retried or dropped, one or all of them. The rest of what Bull Board offers
 * would break a queue, or overwrite a dead letter with its masked form.
 */
const CHANGES: readonly string[] = [
  '/api/queues/:queueName/:jobId/retry',
  '/api/queues/:queueName/:jobId/clean',
  '/api/queues/:queueName/retry/:queueStatus',
  '/api/queues/:queueName/clean/:queueStatus',
].map((path) => BASE_PATH + path);

/**
 * Bull Board runs from its own files alone: its web fonts stay away, and nobody can put it into a frame. It sets styles
 * on elements, which needs `unsafe-inline`; scripts get no such leave.
 */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:",
    "style-src 'self' 'unsafe-inline'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const ASSET_CACHING = 'private, max-age=3600';

/** Bull Board with the queues `conversations` (to look at) and `dead-letters` (to retry and drop), behind the token. */
export function addAdminRoutes(scope: FastifyInstance, admin: AdminDependencies, logger: Logger): void {
  const accessOf = createAdminAccess(admin.token);
  const board = createBoard(admin);
  const answerError = createAdminErrorHandler(logger);
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  // Bull Board brings an error handler of its own; that of a route comes first.
  scope.addHook('onRoute', (route) => {
    route.errorHandler = answerError;
  });
  scope.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const access = accessOf(request.method, request.headers);
    if (access === 'granted') return;
    warn(access, { reason: access, route: pathOf(request) }, 'admin request refused');
    throw access === 'cross-site' ? crossSite() : notAuthenticated();
  });
  scope.addHook('preHandler', async (request) => {
    if (isChange(request)) assertAllowedChange(request);
    if (pathOf(request).startsWith(`${BASE_PATH}/api/`)) await withinDeadline(board.fill);
  });
  scope.addHook('onSend', async (request, reply) => {
    if (pathOf(request).startsWith(`${BASE_PATH}/static/`) && reply.statusCode < 400)
      reply.header('cache-control', ASSET_CACHING);
  });
  scope.addHook('onResponse', async (request, reply) => {
    if (!isChange(request) || reply.statusCode >= 400) return;
    logger.info({ route: pathOf(request), ...(request.params as object) }, 'changed on the board');
  });
  scope.register(board.plugin);
}

/** The board is there from the start and gets its queues with the first request that finds Redis. */
function createBoard({ openQueues, maskAction }: AdminDependencies) {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(BASE_PATH);
  const board = createBullBoard({
    queues: [],
    serverAdapter,
    options: { uiConfig: { boardTitle: 'hookpatch', hideDocsLink: true } },
  });
  let filled = false;
  const fill = async () => {
    if (filled) return;
    board.setQueues(toAdapters(await openQueues(), maskAction));
    filled = true;
  };
  return { plugin: serverAdapter.registerPlugin(), fill };
}

function toAdapters({ conversations, deadLetters }: AdminQueues, maskAction: MaskAction): BullMQAdapter[] {
  const failures = new BullMQAdapter(deadLetters, {
    description: 'Actions that could not be done. Retrying one puts its event back through the inbox of its conversation.',
  });
  failures.setFormatter('data', (letter: DeadLetter) => maskDeadLetter(letter, maskAction));
  failures.setFormatter('name', ({ data }: { readonly data: DeadLetter }) => titleOf(data));
  const description = 'Conversations that are being worked on, or wait for it. To look at only.';
  return [failures, new BullMQAdapter(conversations, { readOnlyMode: true, description })];
}

/** What tells one from another in the list. */
function titleOf({ conversationId, entry, outcome }: DeadLetter): string {
  const rule = outcome.rule ?? (entry === null ? 'no rule' : 'command');
  return `${outcome.reason}: ${rule}, ${outcome.action ?? 'no action'}, conversation ${conversationId}`;
}

/** @throws Problem `admin-change-refused` */
function assertAllowedChange(request: FastifyRequest): void {
  const { queueStatus = 'failed' } = request.params as { readonly queueStatus?: string };
  if (CHANGES.includes(pathOf(request)) && queueStatus === 'failed') return;
  const detail = 'Only retrying and dropping failed dead letters is allowed here.';
  throw new Problem({ status: 403, code: 'admin-change-refused', detail });
}

/** What Bull Board throws comes from Redis. */
function createAdminErrorHandler(logger: Logger) {
  const answerError = createErrorHandler(logger);
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const isRequestAtFault = ((error as { readonly statusCode?: number } | null)?.statusCode ?? 500) < 500;
    answerError(error instanceof Problem || isRequestAtFault ? error : new StoreUnavailableError(error), request, reply);
  };
}

function isChange({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Its route, with the names of its parameters. */
function pathOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? '';
}

function notAuthenticated(): Problem {
  const detail = 'The ADMIN_TOKEN is required: as a bearer token, or as the password of any user.';
  // Basic only: browsers take the first challenge of a header that names two.
  const headers = { 'www-authenticate': 'Basic realm="hookpatch", charset="UTF-8"' };
  return new Problem({ status: 401, code: 'not-authenticated', detail, headers });
}

function crossSite(): Problem {
  return new Problem({ status: 403, code: 'cross-site', detail: 'Another site may not change anything here.' });
}
