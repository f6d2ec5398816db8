import type { RenderedMetrics } from '../telemetry/prometheus.ts';
import { isMessage, type Message } from './messages.ts';

/** Longer than the supervisor waits for the others. */
const COLLECT_TIMEOUT_MS = 2_000;

/**
 * For a child of the supervisor: renders the metrics of all processes. A scrape of their one port reaches any of them, and counters
 * that come from another process each time would be useless. The supervisor asks this process, too.
 */
export function createMetricsOfAll(renderOwn: () => Promise<RenderedMetrics>): () => Promise<RenderedMetrics> {
  const waiting = new Map<number, (body: string) => void>();
  const send = (message: Message) => void process.send?.(message);
  let requests = 0;

  process.on('message', (message: unknown) => {
    if (!isMessage(message)) return;
    if (message.kind === 'collected') waiting.get(message.id)?.(message.body);
    if (message.kind !== 'render') return;
    const { id } = message;
    renderOwn().then(
      ({ body }) => send({ kind: 'rendered', id, body }),
      () => send({ kind: 'rendered', id, body: '' }),
    );
  });

  return async () => {
    const { contentType } = await renderOwn();
    requests += 1;
    const id = requests;
    try {
      const body = await new Promise<string>((resolve, reject) => {
        waiting.set(id, resolve);
        setTimeout(reject, COLLECT_TIMEOUT_MS, new Error('the supervisor did not return the metrics of all processes')).unref();
        send({ kind: 'collect', id });
      });
      return { contentType, body };
    } finally {
      waiting.delete(id);
    }
  };
}
