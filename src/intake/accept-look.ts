import { type ConversationEvent, NO_DETAILS } from '../domain/conversation-event.ts';
import { newEntry } from '../domain/inbox-entry.ts';
import { withSendSpan } from '../telemetry/messaging-spans.ts';
import { currentTraceparent } from '../telemetry/tracing.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { Intake, LookRequest } from './intake.ts';
import { withinDeadline } from './within-deadline.ts';

/** The value of a look where an event has a Genesys topic. */
const LOOK_TOPIC = 'hookpatch.look';

/** A look waits in the same inbox as the conversation's events, and the worker fetches. */
export function createAcceptLook({ store }: { readonly store: DeliveryStore }): Intake['acceptLook'] {
  return (request) =>
    withSendSpan(1, async () => {
      const { topics, receivedAt, fence } = request;
      const origin = { receivedAt, traceparent: currentTraceparent(), via: 'notifications' } as const;
      const entry = newEntry(lookEvent(request), { kind: 'look', topics }, origin);
      await withinDeadline(() => store.accept([entry], fence));
    });
}

function lookEvent({ conversationId, id, receivedAt }: LookRequest): ConversationEvent {
  const occurredAt = new Date(receivedAt).toISOString();
  return { ...NO_DETAILS, id: `look/${id}`, topic: LOOK_TOPIC, conversationId, occurredAt, body: {} };
}
