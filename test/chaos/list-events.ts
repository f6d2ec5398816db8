import type { EventKind, PlannedEvent } from './plan-events.ts';

/** Events of one conversation, of these kinds, in this order; the first has the sequence number `from`. */
export function listEvents(conversationId: string, kinds: readonly EventKind[], from = 1): PlannedEvent[] {
  return kinds.map((kind, index) => {
    const sequence = from + index;
    return { id: `${conversationId}-event-${sequence}`, conversationId, sequence, kind };
  });
}
