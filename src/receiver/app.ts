import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { addAdminRoutes } from './admin-routes.ts';
import { createAuthentication } from './authenticate.ts';
import { createReaderCheck } from './authenticate-reader.ts';
import { addCommandRoutes } from './command-routes.ts';
import type { ReceiverDependencies, WebhookDependencies } from './dependencies.ts';
import { trackRequests } from './end-receiver.ts';
import { answerClientError, createErrorHandler } from './error-handler.ts';
import { addHealthRoutes, addOperationsRoutes } from './health-routes.ts';
import { addOpenApiRoute } from './openapi-route.ts';
import { Problem } from './problem.ts';
import { keepRawBodies, requireJson } from './raw-body.ts';
import { createReceivingBudget } from './receiving-budget.ts';
import { SERVER_LIMITS, type ServerLimits } from './server-limits.ts';
import { addStoryRoute } from './story-route.ts';
import { addTraceContextRoute } from './trace-context-route.ts';
import { addWebhookRoute } from './webhook-route.ts';

/** An idempotency key of 200 characters, each percent-encoded. */
const MAXIMUM_PARAMETER_LENGTH = 600;

/**
 * The HTTP side of every role; it only composes, and neither listens nor reads the environment. A request passes these checks in
 * order: path and method (404, 405), content type (415), announced size (413), the headers of its authentication (401), the body
 * (413, 400, 503), the signature over the raw bytes (401), parsing (400), the store (409, 503). A request that is not
 * authenticated is not parsed, and it costs no command of the store.
 */
export function createReceiver(dependencies: ReceiverDependencies, limits: ServerLimits = SERVER_LIMITS): FastifyInstance {
  const { logger, health, servesOperations, webhook, admin, isShuttingDown } = dependencies;
  const app = createApp(dependencies, limits);
  trackRequests(app, isShuttingDown);
  // Fastify would make a child logger with a request id for each request; the trace id serves for that. Its own warnings about a
  // request are disabled: a method of another protocol, such as RTSP's, would write its whole table of routes to the log each
  // time.
  const ofRequests = logger.child({}, { level: logger.isLevelEnabled('error') ? 'error' : logger.level });
  app.setChildLoggerFactory(() => ofRequests);
  app.setErrorHandler(createErrorHandler(logger));
  app.setNotFoundHandler(() => {
    throw notFound();
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    // Here and not only in the handler, which runs after the body was read.
    done(request.is404 ? notFound() : undefined);
  });
  addHealthRoutes(app);
  addOpenApiRoute(app);
  if (servesOperations) addOperationsRoutes(app, health);
  if (webhook !== null) app.register(async (scope) => addWebhookRoutes(scope, webhook, dependencies));
  if (admin !== null) app.register(async (scope) => addAdminRoutes(scope, admin, logger), { prefix: '/admin' });
  return app;
}

function createApp({ logger, webhook }: ReceiverDependencies, limits: ServerLimits): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  return fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      maxHeaderSize: limits.maxHeaderBytes,
    },
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.silenceTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    ...(webhook === null ? {} : { bodyLimit: webhook.config.bodyLimitBytes }),
    routerOptions: { maxParamLength: MAXIMUM_PARAMETER_LENGTH },
    // Health stays visible until the last connection is closed; deliveries are refused by `refuseOnceDrained`.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: createErrorHandler(logger),
  });
}

function addWebhookRoutes(
  scope: FastifyInstance,
  webhook: WebhookDependencies,
  { logger, refusesDeliveries }: ReceiverDependencies,
): void {
  const { bodyLimitBytes } = webhook.config;
  keepRawBodies(scope, { limitBytes: bodyLimitBytes, budget: createReceivingBudget(webhook.receivingLimitBytes) });
  refuseOnceDrained(scope, refusesDeliveries);
  const authentication = createAuthentication(webhook.config, webhook.now, logger);
  const ofSigned = {
    onRequest: [requireJson(bodyLimitBytes), authentication.checkHeaders],
    preValidation: authentication.checkBody,
  };
  addWebhookRoute(scope, webhook, ofSigned);
  const ofReader = { onRequest: createReaderCheck(webhook, logger) };
  addCommandRoutes(scope, webhook, { ofSigned, ofReader });
  addStoryRoute(scope, webhook, ofReader);
  addTraceContextRoute(scope, webhook, ofSigned);
}

function refuseOnceDrained(scope: FastifyInstance, refusesDeliveries: () => boolean): void {
  scope.addHook('onRequest', (_request, _reply, done) => done(refusesDeliveries() ? shuttingDown() : undefined));
}

function notFound(): Problem {
  return new Problem({ status: 404, code: 'not-found', detail: 'There is nothing at this path.' });
}

function shuttingDown(): Problem {
  const headers = { 'retry-after': '1' };
  return new Problem({ status: 503, code: 'shutting-down', detail: 'The service is shutting down; try again.', headers });
}
