import type { DemoCall, Expectation } from '../../../demo/calls/demo-call.ts';
import { placeTenCalls } from '../../../demo/calls/ten-calls.ts';
import type { PlayedCall, PlayedDelivery } from '../../../demo/played-call.ts';
import type { LoggedOutcome } from '../../../demo/processed-event.ts';

export const outcome: LoggedOutcome = {
  rule: 'tag-trace',
  action: 'setAttributes',
  outcome: 'applied',
  reason: 'written',
  detail: 'written and read back',
  participantId: 'p1',
};

export function playedDelivery(fields: Partial<PlayedDelivery>, outcomes: readonly LoggedOutcome[] = [outcome]): PlayedDelivery {
  return {
    delivery: { name: 'customer.start', envelope: {} },
    answer: 'accepted',
    httpStatus: 202,
    eventId: 'e1',
    processed: { conversationId: 'c1', eventId: 'e1', topic: 't', outcomes, attempts: 0, durationMs: 5, traceId: 'trace-1' },
    ...fields,
  };
}

export function playedCall(deliveries: readonly PlayedDelivery[], expected: Partial<Expectation> = {}): PlayedCall {
  const [first] = placeTenCalls() as [DemoCall];
  return { call: { ...first, expected: { outcomes: [], writes: 0, ...expected } }, deliveries };
}
