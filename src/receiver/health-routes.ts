import type { FastifyInstance } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };
import { withinDeadline } from '../intake/within-deadline.ts';
import { allowOnly } from './allow-methods.ts';
import type { HealthDependencies, Readiness } from './dependencies.ts';
import { onceASecond } from './once-a-second.ts';

/** `GET /healthz`: 200 `{ status, version }` while the process lives. */
export function addHealthRoutes(scope: FastifyInstance): void {
  allowOnly(scope, 'GET', '/healthz');
  scope.get('/healthz', () => Promise.resolve({ status: 'ok', version: packageJson.version }));
}

/**
 * For operators and monitoring:
 * - `GET /readyz`: 200 or 503 `{ ready, checks: { name: boolean }, failing: [name], pausedUntil }`. `pausedUntil` is the time
 *   until which a 429 forbids calls, or `null`. A pause does not make a process unready: a restart would not end the pause.
 * - `GET /metrics`: for Prometheus; collected at most once a second
 */
export function addOperationsRoutes(scope: FastifyInstance, health: HealthDependencies): void {
  for (const url of ['/readyz', '/metrics']) allowOnly(scope, 'GET', url);

  scope.get('/readyz', async (_request, reply) => {
    const { ready, checks, pausedUntil } = await readinessOf(health);
    const failing = Object.keys(checks).filter((name) => checks[name] !== true);
    reply.code(ready ? 200 : 503);
    return { ready, checks, failing, pausedUntil: pausedUntil === null ? null : new Date(pausedUntil).toISOString() };
  });

  const collect = onceASecond(async () => {
    const { contentType, body } = await health.renderMetrics();
    return { contentType, body: Buffer.from(body) };
  });
  scope.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await collect();
    return reply.header('content-type', contentType).send(body);
  });
}

/** A check that fails or hangs counts as not ready. */
async function readinessOf(health: HealthDependencies): Promise<Readiness> {
  try {
    return await withinDeadline(() => health.isReady());
  } catch {
    return { ready: false, checks: { readiness: false }, pausedUntil: null };
  }
}
