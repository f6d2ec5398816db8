import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { createIntake, type IntakeDependencies } from '../../../src/intake/create-intake.ts';
import type { Stored } from '../../../src/intake/delivery-store.ts';
import { createReceiver } from '../../../src/receiver/app.ts';
import type { AdminDependencies, HealthDependencies, WebhookDependencies } from '../../../src/receiver/dependencies.ts';
import type { ServerLimits } from '../../../src/receiver/server-limits.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';

export const SECRET = 'correct horse battery staple';
export const API_KEY = 'an-api-key-of-a-sender';
export const ADMIN_TOKEN = 'an-admin-token-of-a-person';
export const NOW_MS = Date.parse('2026-11-20T22:30:05.000Z');
const MATCHED_TOPIC = 'v2.detail.events.conversation.{id}.customer.start';
export const BODY_LIMIT_BYTES = 65_536;

export interface ReceiverOverrides {
  readonly webhook?: Partial<Omit<WebhookDependencies, 'intake'>>;
  readonly intake?: Partial<Omit<IntakeDependencies, 'commands'>>;
  readonly commands?: Partial<IntakeDependencies['commands']>;
  readonly config?: Partial<WebhookDependencies['config']>;
  readonly health?: Partial<HealthDependencies>;
  /** Without it there is no admin page. */
  readonly admin?: AdminDependencies;
  readonly limits?: ServerLimits;
  readonly isShuttingDown?: () => boolean;
  readonly refusesDeliveries?: () => boolean;
}

/** A receiver on a store in memory. */
export function createMemoryReceiver(overrides: ReceiverOverrides = {}) {
  const entries: InboxEntry[] = [];
  const portCalls: string[] = [];
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => log.push(JSON.parse(line)) });
  const webhook = createWebhook(entries, portCalls, overrides);
  const { isShuttingDown = () => false, refusesDeliveries = () => false, admin = null } = overrides;
  const shutdown = { isShuttingDown, refusesDeliveries };
  const health = createHealth(overrides.health);
  const app = createReceiver({ logger, health, servesOperations: true, webhook, admin, ...shutdown }, overrides.limits);
  return { app, entries, portCalls, log };
}

function createHealth(health: Partial<HealthDependencies> = {}): HealthDependencies {
  return {
    isReady: async () => ({ ready: true, checks: { redis: true }, pausedUntil: null }),
    renderMetrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'hookpatch_deliveries 1\n' }),
    ...health,
  };
}

function createWebhook(entries: InboxEntry[], portCalls: string[], overrides: ReceiverOverrides): WebhookDependencies {
  const record = recorderOf(portCalls);
  const ports = { ...intakePorts(entries), ...overrides.intake };
  const commands = { ...ports.commands, ...overrides.commands };
  const intake = createIntake({
    store: { accept: record('accept', ports.store.accept) },
    ruleSet: record('ruleSet', ports.ruleSet),
    logger: ports.logger,
    takeEdges: ports.takeEdges,
    noteEvidence: () => undefined,
    commands: {
      begin: record('beginCommand', commands.begin),
      get: record('commandStatus', commands.get),
      claimName: commands.claimName,
      named: commands.named,
    },
    story: ports.story,
  });
  const webhook: WebhookDependencies = {
    config: {
      secrets: [SECRET],
      signatureHeader: 'X-Genesys-Signature',
      signedContent: 'body',
      toleranceSeconds: 300,
      apiKeys: [API_KEY],
      bodyLimitBytes: BODY_LIMIT_BYTES,
      ...overrides.config,
    },
    receivingLimitBytes: 64 * BODY_LIMIT_BYTES,
    adminToken: () => ADMIN_TOKEN,
    intake,
    parseCommand: () => ({ ok: true, command: { target: null, actions: [] } }),
    eventsOf: async () => [],
    traceOf: async (_conversationId, fresh) => fresh,
    now: () => NOW_MS,
    ...overrides.webhook,
  };
  return {
    ...webhook,
    parseCommand: record('parseCommand', webhook.parseCommand),
    traceOf: record('traceOf', webhook.traceOf),
  };
}

/** An intake on a store in memory, with one rule. */
function intakePorts(entries: InboxEntry[]): IntakeDependencies {
  const seen = new Set<string>();
  const firstTraces = new Map<string, string>();
  const names = new Map<string, string>();
  const accept = (entry: InboxEntry): Stored => {
    if (seen.has(entry.id)) return { status: 'duplicate' };
    seen.add(entry.id);
    entries.push(entry);
    return { status: 'accepted' };
  };
  return {
    store: { accept: async (added) => added.map(accept) },
    ruleSet: () => ({
      rules: new Map(),
      candidates: (topic) => (topic === MATCHED_TOPIC ? [{ name: 'tag-trace', judge: () => 'matched' }] : []),
    }),
    logger: { warn: () => {} },
    takeEdges: async () => undefined,
    noteEvidence: () => undefined,
    story: NO_STORIES,
    commands: {
      begin: async (_conversationId, entryId, traceId) => {
        if (!firstTraces.has(entryId)) firstTraces.set(entryId, traceId);
        return firstTraces.get(entryId) ?? traceId;
      },
      get: async () => null,
      claimName: async (_conversationId, { name, id }) => {
        if (!names.has(name)) names.set(name, id);
        return names.get(name) === id;
      },
      named: async (_conversationId, name) => names.get(name) ?? null,
    },
  };
}

/** Every port writes its name down, so that a test can see that none was asked. */
function recorderOf(calls: string[]) {
  return <A extends unknown[], R>(name: string, port: (...args: A) => R) =>
    (...args: A): R => {
      calls.push(name);
      return port(...args);
    };
}

export function signatureOf(body: string | Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

export function flatEvent(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { eventType: MATCHED_TOPIC, conversationId: 'c-1', eventId: 'e-1', ...fields };
}

/** A signed POST. A header that is `undefined` is not sent. */
export function post(
  app: FastifyInstance,
  url: string,
  value: unknown,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<LightMyRequestResponse> {
  const payload = typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value);
  const all = { 'content-type': 'application/json', 'x-genesys-signature': signatureOf(payload), ...headers };
  const sent = Object.fromEntries(Object.entries(all).filter(([, header]) => header !== undefined)) as Record<string, string>;
  return app.inject({ method: 'POST', url, payload, headers: sent });
}

export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}
