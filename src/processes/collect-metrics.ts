import type { Worker } from 'node:cluster';
import { mergeMetrics } from './merge-metrics.ts';
import type { Message } from './messages.ts';
import { send } from './send.ts';

export interface AskedProcess {
  /** The value of the label `process`. */
  readonly process: string;
  readonly worker: Worker;
}

export interface MetricsCollector {
  /** The metrics of all that reply in time, as one text. */
  collect(asked: readonly AskedProcess[]): Promise<string>;
  /** A reply came in. */
  rendered(worker: Worker, reply: Extract<Message, { kind: 'rendered' }>): void;
}

/** A process that is busy for longer is missing in this scrape. */
const REPLY_WITHIN_MS = 1_000;

export function createCollector(): MetricsCollector {
  const waiting = new Map<number, { readonly worker: Worker; readonly resolve: (body: string) => void }>();
  let requests = 0;

  const ask = ({ process, worker }: AskedProcess) => {
    requests += 1;
    const id = requests;
    return new Promise<string>((resolve) => {
      waiting.set(id, { worker, resolve });
      setTimeout(resolve, REPLY_WITHIN_MS, '').unref();
      send(worker, { kind: 'render', id });
    }).then((body) => {
      waiting.delete(id);
      return { process, body };
    });
  };

  return {
    collect: async (asked) => mergeMetrics((await Promise.all(asked.map(ask))).filter(({ body }) => body !== '')),
    rendered: (worker, { id, body }) => {
      const request = waiting.get(id);
      if (request?.worker === worker) request.resolve(body);
    },
  };
}
