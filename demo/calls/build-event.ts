import type { Conversation, Participant } from '../../simulator/conversation.ts';
import { buildDetailEvent, type DetailEventKind } from '../../simulator/detail-event.ts';
import {
  buildEventBridgeEvent,
  buildNotification,
  detailEventContent,
  type EventContent,
} from '../../simulator/event-envelope.ts';
import type { DemoDelivery } from './demo-call.ts';

interface EventSource {
  readonly conversation: Conversation;
  readonly participant: Participant;
  readonly kind: DetailEventKind;
  /** Fields of the event body to write over, such as an id that the API does not know. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

function content({ conversation, participant, kind, overrides }: EventSource): EventContent {
  const event = buildDetailEvent({ kind, conversation, participant, at: Date.now() });
  return detailEventContent({ ...event, eventBody: { ...event.eventBody, ...overrides } });
}

/** As Amazon EventBridge delivers it. */
export function eventBridge(source: EventSource): DemoDelivery {
  return { name: source.kind, envelope: buildEventBridgeEvent(content(source)) };
}

/** As Genesys's notification service words it. */
export function notification(source: EventSource): DemoDelivery {
  return { name: source.kind, envelope: buildNotification(content(source)) };
}
