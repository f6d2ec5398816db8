import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import packageJson from '../package.json' with { type: 'json' };
import { evidenceFor } from './actions/evidence.ts';
import { ACTIONS } from './actions/registry.ts';
import { formatConfigFault, loadConfig } from './config/environment.ts';
import { createRulesReader } from './config/load-rules.ts';
import { reloadSecrets } from './config/reload-secrets.ts';
import { createRulesHolder } from './config/rules-holder.ts';
import type { ActionType } from './domain/action.ts';
import { openIntake } from './intake/open-intake.ts';
import { checkReadiness } from './lifecycle/readiness.ts';
import { createShutdown, listenForShutdown, type ShutdownStep } from './lifecycle/shutdown.ts';
import { warnUnsafeRedis } from './lifecycle/warn-unsafe-redis.ts';
import { createMetricsOfAll } from './processes/metrics-of-all.ts';
import { supervise } from './processes/supervise.ts';
import { observeConversations } from './queue/observe-conversations.ts';
import { createReceiver } from './receiver/app.ts';
import { endReceiver } from './receiver/end-receiver.ts';
import { openAdmin } from './receiver/open-admin.ts';
import { openWebhook } from './receiver/open-webhook.ts';
import { createRedisConnection } from './redis/connection.ts';
import { inspectRedis } from './redis/inspect.ts';
import { outagesOf } from './redis/outages.ts';
import { createProbe } from './redis/probe.ts';
import { createCommandParser } from './rules/parse-command.ts';
import { startSource } from './source/start-source.ts';
import { createTakeSnapshot } from './source/take-snapshot.ts';
import { createStoryRecorder } from './story/story-recorder.ts';
import { logDestination } from './telemetry/log-destination.ts';
import { createLogger } from './telemetry/logger.ts';
import { observeRules, showOutcomesFromZero } from './telemetry/metrics.ts';
import { renderMetrics } from './telemetry/prometheus.ts';
import { shutdownTelemetry } from './telemetry/start-telemetry.ts';
import { startWorker } from './worker/start-worker.ts';

/** Longer than running batches and those that were asked to stop may take. */
const WORKER_LIMIT_MS = 28_000;

const { config, rules, logger, isInspected } = await loadOrExit();
if (cluster.isPrimary && config.receiverProcesses > 1) await superviseProcesses();
const ruleSet = () => rules.current;
const steps: ShutdownStep[] = [{ name: 'telemetry', end: shutdownTelemetry }];
const drainMs = config.webhook === null ? 0 : config.shutdownDrainSeconds * 1_000;
const shutdown = createShutdown({ steps: () => steps.toReversed(), drainMs, logger, exit: process.exit });
const isShuttingDown = () => shutdown.started;
listenForShutdown(shutdown, logger, cluster.isWorker);
process.on('SIGHUP', () => {
  rules.reload();
  const secrets = reloadSecrets(config);
  if (secrets.ok) logger.info({ changed: secrets.changed }, 'secrets read again');
  else logger.error({ faults: secrets.faults }, 'secrets can not be read again; those read before stay in force');
});

const producer = openRedis('producer');
producer.once('ready', () => warnUnsafeRedis(producer, logger));
if (!isInspected) producer.once('ready', inspectLater);
const canStore = createProbe(producer, config.redis.prefix);
outagesOf(logger).checkWith(canStore);
observeConversations(producer, config.redis.prefix);
observeRules(() => ({ rules: ruleSet().rules.size, digest: rules.digest }));
const story = createStoryRecorder({ redis: producer, prefix: config.redis.prefix, days: config.storyDays, logger });
steps.push({ name: 'stories', end: story.flush });
const isUrgent = (type: ActionType) => ACTIONS[type].order === 'barrier';
const evidence = evidenceFor(Object.values(ACTIONS));
const intake = openIntake({ config, redis: producer, ruleSet, isUrgent, evidence, story, logger });
const served = {
  logger,
  health: {
    isReady: () => checkReadiness({ canStore, worker, source, isShuttingDown }),
    renderMetrics: cluster.isWorker ? createMetricsOfAll(renderMetrics) : renderMetrics,
  },
  isShuttingDown,
  refusesDeliveries: () => shutdown.drained,
};
const admin = openAdmin({ config, redis: producer, actionTypes: Object.keys(ACTIONS), ruleSet, logger });
const hasAdminPort = config.adminPort !== null;
const app = createReceiver({
  ...served,
  servesOperations: !hasAdminPort,
  webhook: config.webhook === null ? null : openReceiver(config.webhook),
  admin: hasAdminPort ? null : admin,
});
const operations = hasAdminPort ? createReceiver({ ...served, servesOperations: true, webhook: null, admin }) : null;
if (operations !== null) steps.push({ name: 'operations', end: () => endReceiver(operations) });
// Ended after the worker: while running batches finish, probes get "not ready", and deliveries get 503.
steps.push({ name: 'receiver', end: () => endReceiver(app) });
const worker = config.genesys === null || config.role === 'source' ? null : openWorker(config.genesys);
const source = config.genesys === null || config.notifications === null ? null : openSource(config.genesys, config.notifications);
await app.listen({ host: config.host, port: config.port }).catch(refuseAddress('PORT', config.port));
const address = addressOf(app.server.address());
await operations?.listen({ host: config.host, port: config.adminPort ?? 0 }).catch(refuseAddress('ADMIN_PORT', config.adminPort));
if (operations !== null) logger.info({ adminAddress: addressOf(operations.server.address()) }, 'listening for operators');
logger.info({ address, version: packageJson.version, role: config.role, rules: ruleSet().rules.size }, 'listening');

/** Never returns: this process only supervises those that it starts, and ends when all of them have ended. */
async function superviseProcesses(): Promise<never> {
  // The processes report; this one has nothing to report.
  await shutdownTelemetry();
  supervise({ count: config.receiverProcesses, logger, exit: process.exit });
  return new Promise<never>(() => undefined);
}

/** The configuration and the rules. If either has problems, the process reports all of them and ends. */
async function loadOrExit() {
  const loaded = loadConfig();
  const startLogger = loaded.ok
    ? createLogger(loaded.config.logLevel, await logDestination(loaded.config.logFormat))
    : createLogger('warn');
  const opened = createRulesHolder(loaded.rulesFile, createRulesReader(ACTIONS), startLogger);
  if (!loaded.ok || !opened.ok) {
    return refuseToStart([...(loaded.ok ? [] : loaded.faults.map(formatConfigFault)), ...(opened.ok ? [] : opened.faults)]);
  }
  for (const warning of loaded.warnings) startLogger.warn({ warning }, 'configuration');
  const inspected = await inspectRedis(loaded.config.redis);
  if (inspected !== null && inspected.faults.length > 0) refuseToStart(inspected.faults);
  const config = { ...loaded.config, redis: inspected?.redis ?? loaded.config.redis };
  return { config, rules: opened.holder, logger: startLogger, isInspected: inspected !== null };
}

/** Plain lines, for the person who has just typed the command. */
function refuseToStart(faults: readonly string[]): never {
  console.error(['hookpatch does not start:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
  process.exit(1);
}

/** For `catch`. */
function refuseAddress(variable: string, port: number | null): (error: NodeJS.ErrnoException) => never {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens on it; end that, or choose another port',
    EACCES: 'this user may not listen on it; choose one above 1023',
    EADDRNOTAVAIL: 'HOST is no address of this machine',
  };
  return (error) => {
    const reason = reasons[error.code ?? ''];
    if (reason === undefined) throw error;
    return refuseToStart([`${variable}: ${port} can not be used (${error.code}): ${reason}`]);
  };
}

/** Redis was away at the start and is inspected when it is back. What is found then may require another start. */
async function inspectLater(): Promise<void> {
  const inspected = await inspectRedis(config.redis);
  if (inspected === null) return;
  const isCluster = inspected.redis.urls.length > config.redis.urls.length;
  const faults = isCluster
    ? ['REDIS_URL: this is a node of a Redis Cluster, which the next start uses as one']
    : inspected.faults;
  if (faults.length === 0) return;
  logger.fatal({ faults }, 'hookpatch can not work with this Redis');
  shutdown.begin('unusable Redis', 1);
}

function openRedis(purpose: 'producer' | 'worker') {
  const connection = createRedisConnection(config.redis, purpose, logger);
  steps.push({ name: `redis ${purpose}`, end: async () => connection.disconnect() });
  return connection;
}

function openReceiver(webhook: NonNullable<typeof config.webhook>) {
  return openWebhook({ config, webhook, redis: producer, intake, parseCommand: createCommandParser(ACTIONS) });
}

function openWorker(genesys: NonNullable<typeof config.genesys>) {
  showOutcomesFromZero(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]);
  const role = startWorker({
    config,
    genesys,
    redis: openRedis('worker'),
    story,
    takeSnapshot: createTakeSnapshot(intake),
    ruleSet,
    reloadRules: rules.reload,
    kinds: ACTIONS,
    logger,
  });
  steps.push({ name: 'worker', end: role.close, limitMs: WORKER_LIMIT_MS });
  return role;
}

function openSource(genesys: NonNullable<typeof config.genesys>, wanted: NonNullable<typeof config.notifications>) {
  const role = startSource({ config, genesys, wanted, intake, redis: producer, logger });
  steps.push({ name: 'source', end: role.close });
  return role;
}

function addressOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
