import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { RULES } from './dead-letter-bed.ts';
import { eventOf, patchesIn, post, type ServiceBed, withService } from './with-service.ts';

/** Within 100 ms it would count as the first one, come a second time. */
const SECOND_SIGNAL_AFTER_MS = 150;

/** A service in the middle of a batch: its call to Genesys is not answered for `latencyMs`. */
async function startBatch({ simulator }: ServiceBed, service: ServiceProcess, latencyMs: number): Promise<void> {
  const { id } = simulator.createConversation({ participants: [{ purpose: 'customer' }] });
  simulator.addFault({ call: 'get-conversation', latencyMs });
  await post(service, eventOf(id, 'customer.start', { tier: 'gold' }));
  await waitUntil(() => simulator.journal().some(({ call }) => call === 'get-conversation'), { what: 'the call' });
}

describe('a service that is told to stop', () => {
  it('accepts nothing more while it finishes what it has begun', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start();
      await startBatch(bed, service, 1_500);
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
