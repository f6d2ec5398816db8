import type { Models } from 'purecloud-platform-client-v2';
import { AVAILABLE_TOPICS } from './available-topics.ts';
import type { Conversation } from './conversation.ts';
import { CODES, PlatformError } from './error-body.ts';
import type { ServeRoute } from './platform-routes.ts';
import type { Answer } from './send-answer.ts';
import type { CallContext } from './serve-call.ts';

const MAX_PAGE_SIZE = 500;
/** Genesys: a page of details has at most 100 conversations. */
const MAX_DETAILS_PAGE_SIZE = 100;

/** Calls about the organisation: its queues, codes, limits, topics and conversations. */
export function registerOrganisationRoutes(serve: ServeRoute): void {
  serve('GET', '/api/v2/routing/queues', 'list-queues', ({ platform, request }) => {
    const { name } = request.query as { name?: string };
    const queues = platform.queues.list().filter((queue) => name === undefined || matchesName(queue.name, name));
    return page(
      request.query,
      queues.map(({ id, name: queueName }) => ({ id, name: queueName })),
    );
  });
  serve('GET', '/api/v2/routing/wrapupcodes', 'list-all-wrapup-codes', ({ platform, request }) => {
    const codes = new Map(
      platform.queues.list().flatMap(({ wrapupCodes }) => wrapupCodes.map((code) => [code.id, code] as const)),
    );
    return page(request.query, [...codes.values()]);
  });
  serve('GET', '/api/v2/organizations/limits/namespaces/:namespace', 'list-limits', ({ platform, request }) => {
    const { namespace } = request.params as { namespace: string };
    const { limits } = platform.options;
    return ok({ entities: Object.entries(limits).map(([key, value]) => ({ key, namespace, value })) });
  });
  serve('GET', '/api/v2/notifications/availabletopics', 'list-available-topics', () => ok({ entities: AVAILABLE_TOPICS }));
  serve('POST', '/api/v2/analytics/conversations/details/query', 'query-conversations', queryConversations);
}

/** Genesys's `name` is a pattern with `*`; without `*` it is the whole name. */
function matchesName(name: string, pattern: string): boolean {
  const parts = pattern
    .toLowerCase()
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name.toLowerCase());
}

function page(query: unknown, entities: readonly object[]): Answer {
  const { pageSize = '25', pageNumber = '1' } = query as { pageSize?: string; pageNumber?: string };
  const [size, number] = [Number(pageSize), Number(pageNumber)];
  if (!(size >= 1 && size <= MAX_PAGE_SIZE && number >= 1))
    throw new PlatformError(400, CODES.invalidValue, 'The page is not valid.');
  const pageCount = Math.ceil(entities.length / size);
  const slice = entities.slice((number - 1) * size, number * size);
  return ok({ entities: slice, pageSize: size, pageNumber: number, total: entities.length, pageCount });
}

/**
 * Supports the interval, `conversationEnd notExists`, `queueId matches`, `userId matches` and the paging; anything else is
 * refused.
 */
function queryConversations({ platform, request }: CallContext): Answer {
  const query = request.body as Models.ConversationQuery;
  const [start = Number.NaN, end = Number.NaN] = String(query?.interval).split('/').map(Date.parse);
  const { pageSize = 25, pageNumber = 1 } = query?.paging ?? {};
  if (!(start < end) || pageSize > MAX_DETAILS_PAGE_SIZE)
    throw new PlatformError(400, CODES.badRequest, 'The query is not valid.');
  const filters = [...(query.conversationFilters ?? []), ...(query.segmentFilters ?? [])].map(toFilter);
  const hits = platform.conversations.list().filter((conversation) => {
    const startedAt = Date.parse(conversation.startTime);
    return startedAt >= startOfDay(start) && startedAt <= end && filters.every((filter) => filter(conversation));
  });
  const conversations = hits.slice((pageNumber - 1) * pageSize, pageNumber * pageSize).map(({ id, startTime, endTime }) => ({
    conversationId: id,
    conversationStart: startTime,
    ...(endTime !== undefined && { conversationEnd: endTime }),
  }));
  return ok({ ...(conversations.length > 0 && { conversations }), totalHits: hits.length });
}

/** An interval finds conversations that started on a day that it overlaps. */
function startOfDay(at: number): number {
  return at - (at % 86_400_000);
}

type Filter = (conversation: Conversation) => boolean;

function toFilter({ type, predicates = [] }: Models.ConversationDetailQueryFilter | Models.SegmentDetailQueryFilter): Filter {
  const holds = predicates.map(toPredicate);
  return (conversation) => (type === 'or' ? holds.some((each) => each(conversation)) : holds.every((each) => each(conversation)));
}

function toPredicate({ dimension, operator, value }: Models.SegmentDetailQueryPredicate): Filter {
  if (dimension === 'conversationEnd' && operator === 'notExists') return ({ endTime }) => endTime === undefined;
  if (dimension === 'queueId' && operator === 'matches') {
    return ({ participants }) => participants.some(({ queueId }) => queueId === value);
  }
  if (dimension === 'userId' && operator === 'matches') {
    return ({ participants }) => participants.some(({ userId }) => userId === value);
  }
  throw new PlatformError(400, CODES.badRequest, `The predicate on ${dimension} is not simulated.`);
}

function ok(body: object): Answer {
  return { status: 200, body: JSON.stringify(body) };
}
