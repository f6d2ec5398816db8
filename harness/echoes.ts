import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { sendDelivery } from './send-delivery.ts';

/** What the writes of the service come back as: the events that they raise, the way events come in the field. */
export interface Echoes {
  readonly url: string;
  /** How often each thing befell an event. */
  readonly fates: ReadonlyMap<Fate, number>;
  stop(): Promise<void>;
}

export type Fate = 'prompt' | 'lost' | 'late' | 'doubled' | 'contradicting';

export interface EchoesOptions {
  readonly secret: string;
  fateOf(): Fate;
  /** From the write until its event is sent. A late one should come after the service has read the write back. */
  delayMs(fate: Fate): number;
  /** The address of a receiver; `null`: none runs, and the event is lost. */
  receiver(): string | null;
}

interface Detail {
  readonly eventBody?: { readonly attributes?: Readonly<Record<string, string>> };
}

/** Takes what the simulator raises for the writes of the service, and passes it on, signed. */
export async function startEchoes({ secret, fateOf, delayMs, receiver }: EchoesOptions): Promise<Echoes> {
  const fates = new Map<Fate, number>();
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.end();
      void passOn(Buffer.concat(chunks).toString('utf8')).catch(() => undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  async function passOn(text: string): Promise<void> {
    const event = JSON.parse(text) as { readonly id: string; readonly 'detail-type': string; readonly detail: Detail };
    if (!/\.(attributes|wrapup)$/.test(event['detail-type'])) return;
    const fate = fateOf();
    fates.set(fate, (fates.get(fate) ?? 0) + 1);
    if (fate === 'lost') return;
    await delay(delayMs(fate), undefined, { signal: stopping.signal });
    if (fate === 'contradicting') await send({ ...event, id: `${event.id}-other`, detail: contradict(event.detail) });
    await send(event);
    if (fate === 'doubled') await send({ ...event, id: `${event.id}-again` });
  }

  /** What no receiver takes is lost, as with a sender that gives up. */
  async function send(event: unknown): Promise<void> {
    const url = receiver();
    if (url === null) return;
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(5_000)]);
    await sendDelivery(`${url}/webhooks/genesys`, JSON.stringify(event), { secret, signal });
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fates,
    stop: async () => {
      stopping.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As if somebody else had set the same attributes. */
function contradict(detail: Detail): Detail {
  const attributes = Object.keys(detail.eventBody?.attributes ?? {}).map((name) => [name, 'of somebody else']);
  return { ...detail, eventBody: { ...detail.eventBody, attributes: Object.fromEntries(attributes) } };
}
