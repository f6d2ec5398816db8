import fastify from 'fastify';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { renderMetrics } from '../../../src/telemetry/prometheus.ts';
import { startTelemetry } from '../../../src/telemetry/start-telemetry.ts';

const APPLIED: Outcome = {
  kind: 'applied',
  reason: 'written',
  detail: 'Written.',
  rule: 'tag',
  action: 'setAttributes',
  participantId: null,
};

export interface ExposedMetrics {
  /** Prometheus's text, with every metric recorded at least once. */
  readonly text: string;
  /** Names of the families, as in `# TYPE`. */
  readonly families: ReadonlyMap<string, string>;
  /** Every series name, with `_bucket`, `_sum` and `_count`, and the labels that it has. */
  readonly series: ReadonlyMap<string, ReadonlySet<string>>;
  /** The text of a scrape that Redis does not respond to. */
  exposeWhileRedisIsAway(): Promise<string>;
}

/** What `/metrics` really shows: telemetry is started as the service starts it and everything is recorded once. */
export async function exposeEveryMetric(): Promise<ExposedMetrics> {
  await startTelemetry({});
  // Imported only now: instruments made before the providers are registered never report.
  const metrics = await import('../../../src/telemetry/metrics.ts');
  metrics.recordDelivery(202);
  metrics.recordEvent('v2.detail.events.conversation.{id}.acw', 'accepted');
  metrics.recordEvent('v2.made.up.by.a.sender', 'ignored');
  metrics.recordOutcome(APPLIED);
  metrics.recordGenesysCall('get-conversation', 200, 40);
  metrics.recordTokenRefresh();
  metrics.recordCallsSaved(2);
  metrics.recordReceiptToApplied(120);
  metrics.recordConditionFailure('tag');
  metrics.recordRuleTimeUsedUp();
  metrics.recordRuleCalls('tag', 'v2.detail.events.conversation.{id}.acw', 1.5);
  metrics.recordPacingWait('read', 40);
  metrics.recordRateLimited('token');
  metrics.observePacing(() => ({
    budgetByLane: { read: 300 },
    pausedSeconds: 0,
    tokens: 1,
    limits: [{ scope: 'organization', ratePerMinute: 3000 }],
    fairUseCallsPerMonth: 75_000,
  }));
  metrics.observeRules(() => ({ rules: 2, digest: 'abc123' }));
  metrics.recordKeyReused('rules');
  metrics.showOutcomesFromZero(['setAttributes', 'applyWrapup', 'transfer']);
  let isAway = false;
  const gauges = { pendingConversations: 3, oldestPendingAgeSeconds: 1.5, jobs: { waiting: 1, active: 2 }, deadLetters: 4 };
  metrics.observeQueues(async () => (isAway ? null : gauges));
  const app = fastify();
  app.post('/webhooks/genesys', async (_request, reply) => reply.code(202).send());
  await app.inject({ method: 'POST', url: '/webhooks/genesys' });
  const { body } = await renderMetrics();
  const exposeWhileRedisIsAway = async () => {
    isAway = true;
    return (await renderMetrics()).body;
  };
  return { text: body, families: readFamilies(body), series: readSeries(body), exposeWhileRedisIsAway };
}

function readFamilies(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
}

function readSeries(text: string): Map<string, Set<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm)) {
    const known = series.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    series.set(name, known);
  }
  return series;
}
