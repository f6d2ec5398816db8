import { describe, expect, it } from 'vitest';
import { sendDelivery } from '../../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../../harness/service-process.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import type { ReceivedMetric } from '../../otlp-receiver/decode-otlp.ts';
import { eventOf, post } from '../with-service.ts';
import { RULES, type TracedBed, withTracedService } from './traced-service.ts';

const START = 'v2.detail.events.conversation.{id}.customer.start';

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function scrape(service: ServiceProcess): Promise<readonly Series[]> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => {
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text]);
    return { name, labels: Object.fromEntries(pairs), value: Number(value) };
  });
}

/** The value of the one series with that name and these labels among its own. */
function seriesValue(series: readonly Series[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const has = (one: Series) => Object.entries(labels).every(([label, text]) => one.labels[label] === text);
  return series.find((one) => one.name === name && has(one))?.value;
}

/** Three events of one conversation in one delivery, one of them ignored. */
function delivery(conversationId: string): string {
  const starts = ['gold', 'silver', 'bronze'].map((tier) => eventOf(conversationId, 'customer.start', { tier }));
  return `[${[...starts, eventOf(conversationId, 'flow.start')].join(',')}]`;
}

async function playBeforeTheWorker({ simulator }: TracedBed, receiver: ServiceProcess): Promise<void> {
  const customer = { participants: [{ purpose: 'customer' }] };
  const [fine, refused] = [simulator.createConversation(customer).id, simulator.createConversation(customer).id];
  simulator.addFault({ call: 'patch-attributes', conversationId: refused, status: 403 });
  const first = delivery(fine);
  for (const body of [first, first, eventOf(refused, 'customer.start', { tier: 'gold' })]) {
    expect((await post(receiver, body)).status).toBe(202);
  }
  expect((await sendDelivery(`${receiver.url}/webhooks/genesys`, first)).status).toBe(401);
}

/** Prometheus's names without a metric of that name; they say more: a unit, `_total`, `_count`. */
function missingIn(pushed: readonly ReceivedMetric[], scraped: ReadonlySet<string>): string[] {
  const names = [...new Set(pushed.map(({ name }) => name.replaceAll('.', '_')))];
  return [...scraped].filter((name) => !names.some((known) => name.startsWith(known)));
}

describe('the metrics of a service at work', () => {
  it('tell on /metrics what waits, what came in, what became of it, and what it cost', async () => {
    await withTracedService({ rules: RULES }, async (bed) => {
      const receiver = await bed.start({ env: { ROLE: 'receiver' } });
      await playBeforeTheWorker(bed, receiver);
      const waiting = await scrape(receiver);
      expect(seriesValue(waiting, 'hookpatch_inbox_pending_conversations')).toBe(2);
      expect(seriesValue(waiting, 'hookpatch_inbox_oldest_age_seconds')).toBeGreaterThan(0);
      expect(seriesValue(waiting, 'hookpatch_jobs', { state: 'waiting' })).toBe(2);
      expect(seriesValue(waiting, 'hookpatch_deliveries_total', { http_response_status_code: '202' })).toBe(3);
      expect(seriesValue(waiting, 'hookpatch_deliveries_total', { http_response_status_code: '401' })).toBe(1);
      const eventsOf = (topic: string, status: string) => seriesValue(waiting, 'hookpatch_events_total', { topic, status });
      expect([eventsOf(START, 'accepted'), eventsOf(START, 'duplicate')]).toEqual([4, 3]);
      expect(eventsOf(START.replace('customer.start', 'flow.start'), 'ignored')).toBe(2);
      expect(seriesValue(waiting, 'http_server_request_duration_seconds_count', { http_route: '/webhooks/genesys' })).toBe(3);

      const worker = await bed.start({ env: { ROLE: 'worker' } });
      const isDone = (series: readonly Series[]) => seriesValue(series, 'hookpatch_dead_letters') === 1;
      const done = await waitUntil(async () => {
        const series = await scrape(worker);
        return isDone(series) && seriesValue(series, 'hookpatch_inbox_pending_conversations') === 0 && series;
      });
      const actions = (outcome: string, reason: string) => seriesValue(done, 'hookpatch_actions_total', { outcome, reason });
      expect(actions('applied', 'written')).toBe(3);
      expect(actions('dead-lettered', 'permission-missing')).toBe(1);
      const calls = (call: string, status: string) =>
        seriesValue(done, 'hookpatch_genesys_call_duration_seconds_count', { call, status });
      expect(calls('get-conversation', '200')).toBeGreaterThanOrEqual(3);
      expect([calls('patch-attributes', '202'), calls('patch-attributes', '403'), calls('token', '200')]).toEqual([1, 1, 1]);
      expect(seriesValue(done, 'hookpatch_genesys_calls_saved_total')).toBe(3);
      expect(seriesValue(done, 'hookpatch_genesys_calls_by_rule_total')).toBeGreaterThan(0);
      expect(seriesValue(done, 'hookpatch_genesys_token_refreshes_total')).toBe(1);
      expect(seriesValue(done, 'hookpatch_genesys_rate_budget', { lane: 'read' })).toBeGreaterThan(0);
      expect(seriesValue(done, 'hookpatch_receipt_to_applied_seconds_count')).toBe(3);
      expect(seriesValue(done, 'hookpatch_jobs', { state: 'active' })).toBeDefined();

      const scraped = new Set([...waiting, ...done].map(({ name }) => name).filter((name) => name.startsWith('hookpatch_')));
      await bed.otlp.waitForMetrics((metrics) => missingIn(metrics, scraped).length === 0);

      await Promise.all([receiver.stop(), worker.stop()]);
      expect([...receiver.logs, ...worker.logs].filter(({ level }) => level === 'error')).toEqual([]);
    });
  });

  it('and its traces cost nothing but one line when the endpoint is down', async () => {
    await withTracedService({ rules: RULES }, async (bed) => {
      await bed.otlp.stop();
      const service = await bed.start({ env: { OTEL_EXPORTER_OTLP_TIMEOUT: '300' } });
      const { id } = bed.simulator.createConversation({ participants: [{ purpose: 'customer' }] });
      const isProcessed = (eventId: unknown) =>
        service.waitForLog((line) => line.eventId === eventId && line.msg === 'event processed');
      const deliver = async (tier: string) => {
        const answer = await post(service, eventOf(id, 'customer.start', { tier }));
        expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
        await isProcessed((answer.body as { events: { id: string }[] }).events[0]?.id);
      };
      await deliver('gold');
      const isComplaint = ({ msg }: { readonly msg?: unknown }) => String(msg).startsWith('telemetry is not delivered');
      await service.waitForLog(isComplaint, 20_000);
      await deliver('silver');
      await deliver('bronze');
      expect(await service.stop()).toMatchObject({ code: 0 });
      expect(service.logs.filter(isComplaint)).toHaveLength(1);
      expect(service.output).toEqual([]);
    });
  });
});
