import type { RenderContext } from '../../src/rules/rule-set.ts';
import { sampleEvent } from '../sample-entry.ts';

/** What expressions read: an event, its trace, and a conversation with two participants. */
export const SAMPLE: Required<RenderContext> = {
  event: sampleEvent({
    participantId: 'p-1',
    userId: 'u-1',
    mediaType: 'VOICE',
    direction: 'INBOUND',
    ani: 'tel:+13175550100',
    address: 'tel:+13175550100',
    body: {
      text: 'a'.repeat(5_000),
      count: 5,
      attributes: { vip: 'true', constructor: 'own' },
      list: Array.from({ length: 50 }, (_, index) => `item ${index}`),
    },
  }),
  trace: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    datadogTraceId: '9532127138774266268',
  },
  conversation: {
    id: 'c-1',
    participants: [
      { id: 'p-1', purpose: 'customer' },
      { id: 'p-2', purpose: 'agent', calls: [{ state: 'connected' }] },
    ],
  },
  participant: { id: 'p-1', purpose: 'customer', attributes: { tier: 'gold' } },
};
