import { type DeliveredEvent, isAboutConversation } from '../domain/delivered-event.ts';
import type { Via } from '../domain/inbox-entry.ts';
import { normaliseAddress } from '../genesys/normalise-address.ts';
import type { RuleVerdict } from '../rules/rule-matcher.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import type { EventStatus } from './intake.ts';

interface Received {
  readonly status: EventStatus;
  readonly rules: readonly RuleVerdict[];
  /** Epoch milliseconds. */
  readonly at: number;
  readonly via: Via;
}

/** Records for people what the worker never sees: events that no rule matched, and duplicates. */
export function recordReceived(story: StoryRecorder, event: DeliveredEvent, { status, rules, at, via }: Received): void {
  if (!story.enabled || status === 'accepted' || !isAboutConversation(event)) return;
  const address = event.address ?? event.ani;
  story.record(
    event.conversationId,
    {
      kind: 'received',
      at,
      eventId: event.id,
      topic: event.topic,
      status,
      via,
      rules: status === 'ignored' ? rules : [],
      traceId: null,
    },
    address === null ? null : normaliseAddress(address),
  );
}
