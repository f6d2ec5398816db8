import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { RULES } from './dead-letter-bed.ts';
import { eventOf, patchesIn, post, type ServiceBed, withService } from './with-service.ts';

/** Within 100 ms it would count as the first one, come a second time. */
const SECOND_SIGNAL_AFTER_MS = 150;

/** How long after SIGTERM the emulated load balancer still sends to the process that stops. */
const LAG_MS = 3_000;
const CONNECTIONS = 20;

/**
 * `count` deliveries to two receivers in turn, evenly over `overMs` and over kept connections. The balancer decides at each
 * delivery: the first receiver gets none once `looksAway` holds. Resolves to the status of each, or why there was none.
 */
async function balance(
  [leaving, staying]: readonly [ServiceProcess, ServiceProcess],
  { count, overMs, looksAway }: { readonly count: number; readonly overMs: number; looksAway(): boolean },
): Promise<string[]> {
  const startedAt = performance.now();
  const statuses: string[] = [];
  const sendEach = async (first: number) => {
    for (let index = first; index < count; index += CONNECTIONS) {
      await delay(Math.max(0, startedAt + (index * overMs) / count - performance.now()));
      const target = index % 2 === 0 && !looksAway() ? leaving : staying;
      const sent = post(target, eventOf(`c-${index}`));
      statuses.push(
        await sent.then(
          ({ status }) => String(status),
          (error: Error) => String(error.cause ?? error),
        ),
      );
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, first) => sendEach(first)));
  return statuses;
}

/** A service in the middle of a batch: its call to Genesys is not answered for `latencyMs`. */
async function startBatch({ simulator }: ServiceBed, service: ServiceProcess, latencyMs: number): Promise<void> {
  const { id } = simulator.createConversation({ participants: [{ purpose: 'customer' }] });
  simulator.addFault({ call: 'get-conversation', latencyMs });
  await post(service, eventOf(id, 'customer.start', { tier: 'gold' }));
  await waitUntil(() => simulator.journal().some(({ call }) => call === 'get-conversation'), { what: 'the call' });
}

describe.concurrent('a service and its end', () => {
  it('accepts nothing more while it finishes what it has begun', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start();
      await startBatch(bed, service, 5_000);
      process.kill(service.pid, 'SIGTERM');
      await service.waitForLog((line) => line.msg === 'stopping');
      const late = await post(service, eventOf('c-late'));
      expect([late.status, late.body]).toMatchObject([503, { code: 'shutting-down' }]);
      const readiness = await fetch(`${service.url}/readyz`);
      expect([readiness.status, await readiness.json()]).toMatchObject([503, { checks: { running: false } }]);
      expect(await service.exited).toEqual({ code: 0, signal: null });
      expect(patchesIn(bed.simulator)).toHaveLength(1);
    });
  });

  it('refuses none of 900 deliveries of a load balancer that looks away only 3 s later', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const env = { ROLE: 'receiver', SHUTDOWN_DRAIN_SECONDS: '8' };
      const [leaving, staying] = await Promise.all([bed.start({ env }), bed.start({ env })]);
      process.kill(leaving.pid, 'SIGTERM');
      await leaving.waitForLog((line) => line.msg === 'stopping');
      const stoppedAt = performance.now();
      expect((await fetch(`${leaving.url}/readyz`)).status).toBe(503);
      const looksAway = () => performance.now() - stoppedAt > LAG_MS;
      const statuses = await balance([leaving, staying], { count: 900, overMs: LAG_MS, looksAway });
      const refused = statuses.filter((status) => status !== '202');
      console.log(`${refused.length} of ${statuses.length} deliveries refused; sent until ${LAG_MS} ms after SIGTERM`);
      expect(refused).toEqual([]);
      expect(statuses).toHaveLength(900);
      expect(await leaving.exited).toEqual({ code: 0, signal: null });
    });
  });

  it('listens for operators on a port of their own, where there is one', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start({ env: { ROLE: 'receiver', ADMIN_PORT: '0' }, until: 'listening' });
      const { adminAddress } = await service.waitForLog((line) => typeof line.adminAddress === 'string');
      const operators = String(adminAddress).replace('0.0.0.0', '127.0.0.1');
      const statusOf = async (url: string) => (await fetch(url)).status;
      await waitUntil(async () => (await statusOf(`${operators}/readyz`)) === 200, { what: 'readiness' });
      expect(await statusOf(`${operators}/metrics`)).toBe(200);
      expect(await statusOf(`${service.url}/healthz`)).toBe(200);
      for (const path of ['/readyz', '/metrics', '/admin']) expect(await statusOf(service.url + path)).toBe(404);
      expect(await statusOf(`${operators}/webhooks/genesys`)).toBe(404);
    });
  });

  it('exits at once at the second signal, and the next process does the work', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start();
      await startBatch(bed, service, 60_000);
      process.kill(service.pid, 'SIGTERM');
      await service.waitForLog((line) => line.msg === 'stopping');
      await delay(SECOND_SIGNAL_AFTER_MS);
      process.kill(service.pid, 'SIGTERM');
      expect(await service.exited).toEqual({ code: 130, signal: null });
      expect(patchesIn(bed.simulator)).toHaveLength(0);
      const next = await bed.start();
      await next.waitForLog((line) => line.msg === 'event processed', 40_000);
      expect(patchesIn(bed.simulator)).toHaveLength(1);
    });
  });
});
