import { z } from 'zod';
import type { SimulatorOptions, WebhookOptions } from './options.ts';

const count = z.coerce.number().int().min(0);

/** The variables of `npm run simulator`; README.md has the table. */
const schema = z.object({
  SIMULATOR_HOST: z.string().default('127.0.0.1'),
  SIMULATOR_PORT: count.max(65_535).default(8090),
  SIMULATOR_CLIENT_ID: z.string().min(1).default('simulator-client'),
  SIMULATOR_CLIENT_SECRET: z.string().min(1).default('simulator-secret'),
  SIMULATOR_TOKEN_LIFETIME_SECONDS: count.default(86_400),
  SIMULATOR_WRITE_VISIBILITY_MS: count.default(50),
  SIMULATOR_CONVERSATION_VISIBILITY_MS: count.default(0),
  SIMULATOR_CONCURRENCY: z.enum(['none', 'version', 'etag']).default('none'),
  SIMULATOR_LATENCY_MS: count.default(0),
  SIMULATOR_RATE_REQUESTS: count.default(300),
  SIMULATOR_RATE_WINDOW_MS: count.min(1).default(60_000),
  SIMULATOR_SPEED: z.coerce.number().positive().default(60),
  SIMULATOR_TRANSFER_STATE: z
    .enum(['Pending', 'Active', 'Complete', 'Canceled', 'Failed', 'Timeout', 'Unknown'])
    .default('Complete'),
  SIMULATOR_WRAPUP_LEVEL: z.enum(['participant', 'communication']).default('participant'),
  SIMULATOR_JOURNAL_LIMIT: count.min(1).default(500_000),
  SIMULATOR_RECORD_RAW_HEADERS: z.stringbool().default(false),
  SIMULATOR_SEED: count.default(1),
  SIMULATOR_WEBHOOK_URL: z.url().optional(),
  SIMULATOR_WEBHOOK_SECRET: z.string().min(1).optional(),
  SIMULATOR_WEBHOOK_API_KEY: z.string().min(1).optional(),
  SIMULATOR_WEBHOOK_ENVELOPE: z.enum(['eventbridge', 'notification']).default('eventbridge'),
  SIMULATOR_WEBHOOK_SIGNATURE_ENCODING: z.enum(['hex', 'base64', 'base64url']).default('hex'),
  SIMULATOR_EMIT_EVENTS: z.stringbool().default(true),
});
type Environment = z.infer<typeof schema>;

/** Throws an error that names every wrong variable. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): SimulatorOptions {
  const parsed = schema.safeParse(variables);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const env = parsed.data;
  return {
    host: env.SIMULATOR_HOST,
    port: env.SIMULATOR_PORT,
    clientId: env.SIMULATOR_CLIENT_ID,
    clientSecret: env.SIMULATOR_CLIENT_SECRET,
    tokenLifetimeSeconds: env.SIMULATOR_TOKEN_LIFETIME_SECONDS,
    writeVisibilityMs: env.SIMULATOR_WRITE_VISIBILITY_MS,
    conversationVisibilityMs: env.SIMULATOR_CONVERSATION_VISIBILITY_MS,
    concurrency: env.SIMULATOR_CONCURRENCY,
    latencyMs: env.SIMULATOR_LATENCY_MS,
    rateLimit:
      env.SIMULATOR_RATE_REQUESTS === 0
        ? null
        : { requests: env.SIMULATOR_RATE_REQUESTS, windowMs: env.SIMULATOR_RATE_WINDOW_MS },
    speed: env.SIMULATOR_SPEED,
    transferState: env.SIMULATOR_TRANSFER_STATE,
    wrapupLevel: env.SIMULATOR_WRAPUP_LEVEL,
    journalLimit: env.SIMULATOR_JOURNAL_LIMIT,
    recordRawHeaders: env.SIMULATOR_RECORD_RAW_HEADERS,
    seed: env.SIMULATOR_SEED,
    webhook: readWebhook(env),
    emitEvents: env.SIMULATOR_EMIT_EVENTS,
  };
}

function readWebhook(env: Environment): WebhookOptions | null {
  if (env.SIMULATOR_WEBHOOK_URL === undefined) return null;
  return {
    url: env.SIMULATOR_WEBHOOK_URL,
    ...(env.SIMULATOR_WEBHOOK_SECRET !== undefined && { secret: env.SIMULATOR_WEBHOOK_SECRET }),
    ...(env.SIMULATOR_WEBHOOK_API_KEY !== undefined && { apiKey: env.SIMULATOR_WEBHOOK_API_KEY }),
    envelope: env.SIMULATOR_WEBHOOK_ENVELOPE,
    signature: { encoding: env.SIMULATOR_WEBHOOK_SIGNATURE_ENCODING },
  };
}
