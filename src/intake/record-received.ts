import { type DeliveredEvent, isAboutConversation } from '../domain/delivered-event.ts';
import type { Via } from '../domain/inbox-entry.ts';
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
  const line = {
    kind: 'received',
    at,
    eventId: event.id,
    topic: event.topic,
    status,
    via,
    rules: status === 'ignored' ? rules : [],
    traceId: null,
  } as const;
  story.record(event.conversationId, line, event.address ?? event.ani);
}
