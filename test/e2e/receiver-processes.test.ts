import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ServiceEndedError, type ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { RULES } from './dead-letter-bed.ts';
import { eventOf, post, withService } from './with-service.ts';

const DELIVERIES = 40;

async function childrenOf({ pid }: ServiceProcess): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

/** Accepted deliveries by the label `process`. */
async function acceptedBy(service: ServiceProcess): Promise<Record<string, number>> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const samples = text.matchAll(/^hookpatch_deliveries_total\{process="(\d+)",http_response_status_code="202"[^}]*\} (\d+)/gm);
  return Object.fromEntries([...samples].map(([, number = '', count]) => [number, Number(count)]));
}

async function deliverAll(service: ServiceProcess): Promise<Set<number>> {
  const ids = Array.from({ length: DELIVERIES }, (_, index) => `c-${index}`);
  // Each on a connection of its own: connections are what is divided among the processes.
  const answers = await Promise.all(ids.map((id) => post(service, eventOf(id))));
  return new Set(answers.map(({ status }) => status));
}

it('takes deliveries in several processes, tells their metrics apart, replaces one that was killed, and ends in order', async () => {
  await withService({ rules: RULES }, async (bed) => {
    const service = await bed.start({ env: { ROLE: 'receiver', RECEIVER_PROCESSES: '2' } });
    await waitUntil(() => service.logs.filter(({ msg }) => msg === 'listening').length === 2, { what: 'both to listen' });
    expect(await deliverAll(service)).toEqual(new Set([202]));
    const counts = await waitUntil(async () => {
      const found = await acceptedBy(service);
      return Object.values(found).reduce((sum, count) => sum + count, 0) === DELIVERIES ? found : null;
    });
    expect(Object.keys(counts)).toEqual(['1', '2']);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);

    const [killed = 0] = await childrenOf(service);
    process.kill(killed, 'SIGKILL');
    const line = await service.waitForLog(({ msg }) => msg === 'a receiver process ended; another is started');
    expect(line).toMatchObject({ signal: 'SIGKILL', process: expect.any(Number) });
    await waitUntil(() => service.logs.filter(({ msg }) => msg === 'listening').length === 3, { what: 'the new one to listen' });
    expect(await childrenOf(service)).toHaveLength(2);
    expect(await deliverAll(service)).toEqual(new Set([202]));

    process.kill(service.pid, 'SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.logs.filter(({ msg }) => msg === 'stopped')).toHaveLength(2);
  });
});

it('ends with the cause when no process can listen', async () => {
  await withService({ rules: RULES }, async (bed) => {
    const taken = await bed.start({ env: { ROLE: 'receiver' } });
    const env = { ROLE: 'receiver', RECEIVER_PROCESSES: '2', PORT: new URL(taken.url).port };
    const ended = await bed.start({ env }).catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(ServiceEndedError);
    expect(ended).toMatchObject({ exit: { code: 1 }, output: expect.stringContaining('EADDRINUSE') });
  });
});
