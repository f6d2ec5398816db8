import type { AcceptedBody, DeliveryAnswer } from '../harness/send-delivery.ts';
import type { DemoCall, DemoDelivery } from './calls/demo-call.ts';
import type { ProcessedEvent } from './processed-event.ts';

export interface PlayedDelivery {
  readonly delivery: DemoDelivery;
  /** What the service answered for the one event in it; `refused` with any answer but 202. */
  readonly answer: 'accepted' | 'duplicate' | 'ignored' | 'refused';
  readonly httpStatus: number;
  readonly eventId: string | null;
  /** `null` when the event was not accepted, or not processed in time. */
  readonly processed: ProcessedEvent | null;
}

/** A call and what became of its deliveries, in the order in which they were sent. */
export interface PlayedCall {
  readonly call: DemoCall;
  readonly deliveries: readonly PlayedDelivery[];
}

/** What the answer to a delivery of one event says. */
export function readAnswer(answer: DeliveryAnswer): Pick<PlayedDelivery, 'answer' | 'httpStatus' | 'eventId'> {
  const event = answer.status === 202 ? (answer.body as AcceptedBody).events[0] : undefined;
  return { answer: event?.status ?? 'refused', httpStatus: answer.status, eventId: event?.id ?? null };
}
