import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type DeliveryAnswer, sendDelivery } from '../../harness/send-delivery.ts';
import { type ServiceProcess, type StartServiceOptions, startService } from '../../harness/service-process.ts';
import { removeKeys, uniquePrefix } from '../../harness/unique-prefix.ts';
import { buildEventBridgeEvent } from '../../simulator/event-envelope.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';

export const SECRET = 'e2e-secret-of-more-than-16-bytes';

export interface ServiceBed {
  readonly simulator: Simulator;
  readonly prefix: string;
  readonly redisUrl: string;
  readonly rulesFile: string;
  /** What every service of this bed is started with. */
  readonly env: Readonly<Record<string, string>>;
  start(options?: Partial<StartServiceOptions>): Promise<ServiceProcess>;
}

export interface ServiceBedOptions {
  readonly rules: string;
  readonly simulator?: SimulatorOptions;
  /** Default: the Redis of the run. */
  readonly redisUrl?: string;
}

/** A simulator, a rules file and keys of its own; every service that was started ends with `work`. */
export async function withService(options: ServiceBedOptions, work: (bed: ServiceBed) => Promise<void>): Promise<void> {
  const prefix = uniquePrefix();
  const redisUrl = options.redisUrl ?? inject('redisUrl');
  const dir = await mkdtemp(join(tmpdir(), 'hookpatch-e2e-'));
  const rulesFile = join(dir, 'rules.yaml');
  await writeFile(rulesFile, options.rules);
  const simulator = await startSimulator({ writeVisibilityMs: 0, ...options.simulator });
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    RULES_FILE: rulesFile,
    WEBHOOK_SECRETS: SECRET,
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    GENESYS_RATE_PER_MINUTE: '60000',
  };
  const services: ServiceProcess[] = [];
  try {
    await work({
      simulator,
      prefix,
      redisUrl,
      rulesFile,
      env,
      start: async (more = {}) => {
        const service = await startService({ ...more, env: { ...env, ...more.env } });
        services.push(service);
        return service;
      },
    });
  } finally {
    await Promise.all(services.map((service) => service.kill()));
    await simulator.stop();
    await rm(dir, { recursive: true });
    if (options.redisUrl === undefined) await removeKeys(redisUrl, prefix);
  }
}

/** An EventBridge event of the conversation, as Genesys sends it; `body` goes into its event body. */
export function eventOf(conversationId: string, kind = 'customer.start', body: Readonly<Record<string, unknown>> = {}): string {
  const topic = (id: string) => `v2.detail.events.conversation.${id}.${kind}`;
  const at = Date.now();
  const eventBody = {
    eventTime: at,
    conversationId,
    participantId: 'transient',
    mediaType: 'VOICE',
    direction: 'INBOUND',
    ...body,
  };
  return JSON.stringify(buildEventBridgeEvent({ topicName: topic(conversationId), topicTemplate: topic('{id}'), eventBody, at }));
}

export function post(service: ServiceProcess, body: string, secret: string = SECRET): Promise<DeliveryAnswer> {
  return sendDelivery(`${service.url}/webhooks/genesys`, body, { secret });
}

/** Patches of attributes that took effect. */
export function patchesIn(simulator: Simulator) {
  return simulator.executedWrites().filter(({ write }) => write.kind === 'attributes');
}
