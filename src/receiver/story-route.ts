import type { FastifyInstance } from 'fastify';
import { adviceFor, type EventStory, isoTime, summaryOf } from '../desk/event-story.ts';
import { withinDeadline } from '../intake/within-deadline.ts';
import { allowOnly } from './allow-methods.ts';
import type { RouteHooks } from './authenticate.ts';
import type { WebhookDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import { requireConversationId } from './require-conversation-id.ts';

const STORY_URL = '/conversations/:conversationId/story';

/**
 * `GET`, for API keys and the admin token: 200 `{ conversationId, events: [...] }`, oldest first: the result of each event, and
 * the reason. 404 `story-not-found` when nothing is known of the conversation.
 */
export function addStoryRoute(scope: FastifyInstance, webhook: WebhookDependencies, ofReader: RouteHooks): void {
  allowOnly(scope, 'GET', STORY_URL);
  scope.get<{ Params: { conversationId: string } }>(STORY_URL, { ...ofReader }, async (request) => {
    const conversationId = requireConversationId(request.params.conversationId);
    const events = await withinDeadline(() => webhook.eventsOf(conversationId));
    if (events.length > 0) return { conversationId, events: events.map(toDocument) };
    const detail = 'Nothing is known of this conversation: no event came in while stories are kept (STORY_DAYS).';
    throw new Problem({ status: 404, code: 'story-not-found', detail });
  });
}

/** An event in the response. */
export type StoryDocument = ReturnType<typeof toDocument>;

function toDocument(event: EventStory) {
  const { eventId, topic, receivedAt, status, via, rules, traceId, duplicates, waits, ended } = event;
  return {
    id: eventId,
    topic,
    receivedAt: isoTime(receivedAt),
    status,
    via,
    rules,
    traceId,
    duplicates,
    waits: waits.map(({ at, until, because }) => ({ at: isoTime(at), until: isoTime(until), because })),
    endedAt: ended === null ? null : isoTime(ended.at),
    outcomes: ended === null ? [] : ended.outcomes.map(({ kind, ...rest }) => ({ outcome: kind, ...rest })),
    calls: ended === null ? [] : ended.calls,
    summary: summaryOf(event),
    advice: adviceFor(event),
  };
}
