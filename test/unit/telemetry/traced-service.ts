/**
 * A small service with the telemetry of the real one, started by `register.test.ts` as a process of its own. It plays one
 * delivery of two events, a stranger and a fault of ours, then does what the mode says.
 */
import { subscribe } from 'node:diagnostics_channel';
import fastify, { type FastifyRequest } from 'fastify';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startBatchSpans, withSendSpan } from '../../../src/telemetry/messaging-spans.ts';
import { recordDelivery } from '../../../src/telemetry/metrics.ts';
import { renderMetrics } from '../../../src/telemetry/prometheus.ts';
import { runTraced } from '../../../src/telemetry/server-span.ts';
import { shutdownTelemetry } from '../../../src/telemetry/start-telemetry.ts';
import { currentTraceContext, withSpan } from '../../../src/telemetry/tracing.ts';
import { sampleEntry } from '../../sample-entry.ts';

let connections = 0;
subscribe('net.client.socket', () => {
  connections += 1;
});

const logger = createLogger('info');
const app = fastify({ loggerInstance: logger });
const stored: InboxEntry[] = [];

const authentic = {
  preValidation: (request: FastifyRequest, _reply: unknown, done: () => void) => runTraced(request, true, done),
};
app.post('/webhooks/genesys', authentic, async (_request, reply) => {
  await withSendSpan(1, async () => {
    stored.push(sampleEntry('conversation-1', `event-${stored.length + 1}`, { traceparent: currentTraceContext().traceparent }));
  });
  recordDelivery(202);
  return reply.code(202).send({ accepted: 1 });
});
app.post('/strangers', async (_request, reply) => reply.code(401).send({ code: 'signature.missing' }));
app.post('/faults', async () => {
  throw new Error('out of order');
});
app.get('/healthz', async () => 'ok');

async function deliver(traceparent?: string): Promise<void> {
  const headers = { 'content-type': 'application/json', ...(traceparent === undefined ? {} : { traceparent }) };
  await app.inject({ method: 'POST', url: '/webhooks/genesys?secret=1', headers, payload: { id: 1 } });
}

async function play(): Promise<void> {
  await deliver('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  await deliver();
  await app.inject({ method: 'POST', url: '/strangers' });
  await app.inject({ method: 'POST', url: '/faults' });
  await app.inject({ method: 'GET', url: '/healthz' });
  const batch = startBatchSpans('conversation-1', stored);
  await batch.run(() => withSpan('plan actions', {}, async () => logger.info('planned')));
  for (const entry of stored) {
    const outcome = { kind: 'applied', reason: 'written', detail: 'Written.', rule: 'tag', action: 'setAttributes' } as const;
    batch.recordOutcome(entry, { ...outcome, participantId: 'participant-1' });
  }
  batch.end();
}

await play();
if (process.argv[2] === 'until-stdin-ends') {
  const repeating = setInterval(() => void deliver(), 20);
  for await (const _ of process.stdin);
  clearInterval(repeating);
}
const metrics = (await renderMetrics()).body;
await shutdownTelemetry();
process.stdout.write(`${JSON.stringify({ connections, traceparent: stored[0]?.traceparent, metrics })}\n`);
process.exit(0);
