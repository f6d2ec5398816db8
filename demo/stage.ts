import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CHECKOUT } from '../harness/checkout.ts';
import { type RunningRedis, startRedis } from '../harness/redis.ts';
import { type ServiceProcess, startService } from '../harness/service-process.ts';
import { removeKeys, uniquePrefix } from '../harness/unique-prefix.ts';
import { type Simulator, startSimulator } from '../simulator/start-simulator.ts';
import { NOTIFIED_QUEUE } from './notified-call.ts';
import { type SpanCollector, startSpanCollector } from './span-collector.ts';

/** Everything that the demo runs with. */
export interface Stage {
  readonly redis: RunningRedis;
  readonly simulator: Simulator;
  readonly spans: SpanCollector;
  readonly service: ServiceProcess;
  /** Where deliveries go. */
  readonly webhookUrl: string;
  readonly secret: string;
}

/** Takes down what was put up, in reverse order, once; also when the stage is only half up. */
export class Teardown {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #done: Promise<void> | null = null;

  add(step: () => Promise<unknown>): void {
    this.#steps.unshift(step);
  }

  run(): Promise<void> {
    this.#done ??= this.#runAll();
    return this.#done;
  }

  async #runAll(): Promise<void> {
    for (const step of this.#steps) await step().catch((error: Error) => console.error(`while stopping: ${error.message}`));
  }
}

interface ServiceSurroundings {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly simulator: Simulator;
  readonly otlpEndpoint: string;
  readonly secret: string;
}

/** The service has nothing but its environment to know the demo by. */
function environmentOf({ redisUrl, prefix, simulator, otlpEndpoint, secret }: ServiceSurroundings): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    RULES_FILE: join(CHECKOUT, 'demo', 'rules.yaml'),
    WEBHOOK_SECRETS: secret,
    GENESYS_REGION: 'us-east-1',
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    GENESYS_NOTIFICATIONS: NOTIFIED_QUEUE.name,
    // The simulator has no limit; at Genesys's 300 a minute, ten calls at once would mostly wait for each other.
    GENESYS_RATE_PER_MINUTE: '6000',
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
}

/**
 * Redis, the simulator, a span collector, and the service as a process of its own, each on a free port of this machine.
 *
 * @param env for the service, in addition
 */
export async function openStage(teardown: Teardown, env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const redis = await startRedis();
  teardown.add(() => redis.stop());
  console.log(`Redis             ${redis.source}`);

  // With versions, so that a conflict is one; Genesys documents none.
  const simulator = await startSimulator({ concurrency: 'version', writeVisibilityMs: 50 });
  simulator.addQueue(NOTIFIED_QUEUE);
  teardown.add(() => simulator.stop());
  console.log(`Genesys Cloud     simulated at ${simulator.url}`);

  const spans = await startSpanCollector();
  teardown.add(() => spans.stop());

  const prefix = uniquePrefix();
  const secret = randomBytes(24).toString('base64url');
  teardown.add(() => removeKeys(redis.url, prefix));
  const service = await startService({
    env: { ...environmentOf({ redisUrl: redis.url, prefix, simulator, otlpEndpoint: spans.endpoint, secret }), ...env },
  });
  teardown.add(() => service.stop());
  console.log(`hookpatch         ${service.url}, process ${service.pid}`);
  return { redis, simulator, spans, service, secret, webhookUrl: `${service.url}/webhooks/genesys` };
}
