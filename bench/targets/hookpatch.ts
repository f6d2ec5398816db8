import type { ProcessSpec } from '../process/start-process.ts';
import { SECRET, type Surroundings, type Target } from './target.ts';

const PREFIX = '{hookpatch}';
const SERVICE = ['--import', './src/telemetry/register.ts', 'src/main.ts'];

/** The service as it is shipped, with its own defaults. */
export const hookpatch: Target = {
  name: 'hookpatch',
  receiver: ({ redisUrl }) => ({
    args: SERVICE,
    env: { ...commonEnvironment(redisUrl), ROLE: 'receiver', WEBHOOK_SECRETS: SECRET },
  }),
  worker: (surroundings) => ({
    args: SERVICE,
    env: { ...commonEnvironment(surroundings.redisUrl), ...genesysEnvironment(surroundings), ROLE: 'worker' },
  }),
  countUnfinished: (redis) => redis.zcard(`${PREFIX}:pending`),
  countFailed: (redis) => redis.zcard(`${PREFIX}:dead-letters:failed`),
  queue: { name: 'conversations', prefix: PREFIX },
};

function commonEnvironment(redisUrl: string): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: PREFIX,
    RULES_FILE: 'bench/rules.yaml',
    // Nothing of the benchmark sends to a process that stops.
    SHUTDOWN_DRAIN_SECONDS: '0',
  };
}

function genesysEnvironment({ platformUrl, ratePerMinute }: Surroundings): Record<string, string> {
  return {
    GENESYS_API_URL: platformUrl,
    GENESYS_LOGIN_URL: platformUrl,
    GENESYS_CLIENT_ID: 'simulator-client',
    GENESYS_CLIENT_SECRET: 'simulator-secret',
    GENESYS_RATE_PER_MINUTE: String(ratePerMinute),
  };
}

/**
 * Both roles in one process by `npm start`, as a person starts it. Without `prestart`, which installs when the lock file is
 * newer than what is installed: a measurement must never change the checkout.
 */
export function startedByNpm(surroundings: Surroundings): ProcessSpec {
  const env = { ...commonEnvironment(surroundings.redisUrl), ...genesysEnvironment(surroundings), WEBHOOK_SECRETS: SECRET };
  return { args: ['npm start'], env, command: ['npm', 'start', '--silent', '--ignore-scripts'] };
}
