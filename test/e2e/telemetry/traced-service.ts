import { randomBytes } from 'node:crypto';
import { sendDelivery } from '../../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../../harness/service-process.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { ReceivedSpan } from '../../otlp-receiver/decode-otlp.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../otlp-receiver/start-otlp-receiver.ts';
import { SECRET, type ServiceBed, type ServiceBedOptions, withService } from '../with-service.ts';
import { inTrace, orphansIn } from './span-tree.ts';

export const ADMIN_TOKEN = 'admin-token-of-more-than-16-bytes';
export const API_KEY = 'an-api-key-of-more-than-16-bytes';

export const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions:
      - setAttributes: { otel.traceId: "\${trace.traceId}", tier: "\${event.body.tier}" }
  - name: escalate
    when: { topic: "v2.detail.events.conversation.*.user.start" }
    target: { purpose: agent }
    actions:
      - setAttributes: { escalated: "true" }
      - transfer: { queueId: ${QUEUES.escalations.id} }
`;

export interface TracedBed extends ServiceBed {
  readonly otlp: OtlpReceiver;
}

/** A bed whose services send their telemetry to a receiver of its own, at once. */
export async function withTracedService(options: ServiceBedOptions, work: (bed: TracedBed) => Promise<void>): Promise<void> {
  const otlp = await startOtlpReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_BSP_MAX_QUEUE_SIZE: '65536',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    WEBHOOK_API_KEYS: API_KEY,
    ADMIN_TOKEN,
  };
  try {
    await withService(options, (bed) =>
      work({ ...bed, otlp, start: (more = {}) => bed.start({ ...more, env: { ...env, ...more.env } }) }),
    );
  } finally {
    await otlp.stop();
  }
}

/** A trace that a sender began. */
export interface SenderTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

export function newTrace(flags: '00' | '01' = '01'): SenderTrace {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** Posts `body`, signed, as a part of the sender's trace. */
export function postIn(trace: SenderTrace, service: ServiceProcess, body: string, path = '/webhooks/genesys') {
  return sendDelivery(`${service.url}${path}`, body, { secret: SECRET, headers: { traceparent: trace.traceparent } });
}

/** The spans of the trace, when its request has ended, every parent is there, and `isComplete` holds. */
export async function spansOf(
  { otlp }: TracedBed,
  trace: SenderTrace,
  isComplete: (spans: readonly ReceivedSpan[]) => boolean = () => true,
): Promise<readonly ReceivedSpan[]> {
  const ofTrace = (spans: readonly ReceivedSpan[]) => inTrace(spans, trace.traceId);
  const remote = new Set([trace.spanId]);
  const spans = await otlp.waitForSpans((all) => {
    const own = ofTrace(all);
    return own.some(({ kind }) => kind === 'SERVER') && orphansIn(own, remote).length === 0 && isComplete(own);
  });
  return ofTrace(spans);
}
