import type { FastifyInstance } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };
import { withinDeadline } from '../intake/within-deadline.ts';
import { allowOnly } from './allow-methods.ts';
import type { HealthDependencies, Readiness } from './dependencies.ts';

/**
 * - `GET /healthz`: 200 `{ status, version }` while the process lives
 * - `GET /readyz`: 200 or 503 `{ ready, checks: { name: boolean }, failing: [name] }`
 * - `GET /metrics`: for Prometheus
 */
export function addHealthRoutes(scope: FastifyInstance, health: HealthDependencies): void {
  for (const url of ['/healthz', '/readyz', '/metrics']) allowOnly(scope, 'GET', url);

  scope.get('/healthz', () => Promise.resolve({ status: 'ok', version: packageJson.version }));

  scope.get('/readyz', async (_request, reply) => {
    const { ready, checks } = await readinessOf(health);
    const failing = Object.keys(checks).filter((name) => checks[name] !== true);
    reply.code(ready ? 200 : 503);
    return { ready, checks, failing };
  });

  scope.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await health.renderMetrics();
    return reply.header('content-type', contentType).send(body);
  });
}

/** A check that fails or hangs is an answer too: not ready. */
async function readinessOf(health: HealthDependencies): Promise<Readiness> {
  try {
    return await withinDeadline(() => health.isReady());
  } catch {
    return { ready: false, checks: { readiness: false } };
  }
}
