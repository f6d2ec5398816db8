import type { Models } from 'purecloud-platform-client-v2';
import { isObject, type JsonObject } from '../domain/json-object.ts';
import { invalidResponse } from './answer-error.ts';
import type { GenesysStage } from './genesys-error.ts';
import { type HttpAnswer, parseJson } from './http.ts';
import { platformRequest, type SendToPlatform } from './platform-calls.ts';

/** A channel of the notification service, as created. */
export interface Channel {
  readonly id: string;
  readonly connectUri: string;
  /** Epoch milliseconds; `null` when Genesys names no time. */
  readonly expiresAt: number | null;
}

/** The response of Genesys on one topic of a subscription. */
export interface Subscribed {
  readonly topic: string;
  readonly accepted: boolean;
  readonly reason: string | null;
  readonly missingPermissions: readonly string[];
}

/** A queue, or a wrap-up code of the organisation. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface AvailableTopic {
  /** With the literal `{id}`. */
  readonly id: string;
  readonly transports: readonly string[];
  readonly requiresPermissions: readonly string[];
}

/** Conversations that have no end yet, found by their start and their owner. */
export interface OpenConversationsQuery {
  /** Epoch milliseconds. Genesys also finds what began earlier on the same day (UTC). */
  readonly startedAfter: number;
  readonly now: number;
  /** Any of them. */
  readonly owners: readonly { readonly dimension: string; readonly value: string }[];
  /** From 1. */
  readonly page: number;
}

/** Calls about the organisation as a whole. Every failure is a `GenesysError`, or an `AbortError` once the client is closed. */
export interface OrganisationCalls {
  createChannel(): Promise<Channel>;
  /** Replaces the channel's subscription; a refused topic does not affect the others. */
  subscribe(channelId: string, topics: readonly string[]): Promise<readonly Subscribed[]>;
  /** Every queue that the client may see. */
  listQueues(): Promise<readonly Named[]>;
  /** Every wrap-up code of the organisation. */
  listAllWrapupCodes(): Promise<readonly Named[]>;
  listAvailableTopics(): Promise<readonly AvailableTopic[]>;
  /** The effective limits of the namespace `platform.api`, by key. */
  listLimits(): Promise<Readonly<Record<string, number>>>;
  /** Conversation ids of one page; fewer than {@link OPEN_CONVERSATIONS_PAGE} on the last. */
  listOpenConversations(query: OpenConversationsQuery): Promise<readonly string[]>;
}

/** Genesys's largest page of conversation details. */
export const OPEN_CONVERSATIONS_PAGE = 100;
/** Genesys's largest page of queues and of codes. */
const PAGE_SIZE = 500;
/** More pages than any organisation has: a response whose pages do not end must not be followed forever. */
const MOST_PAGES = 100;

const CHANNELS = '/api/v2/notifications/channels';

/** In the lane of repairs: no conversation waits for any of these calls. */
export function createOrganisationCalls(send: SendToPlatform): OrganisationCalls {
  const ask = async (request: ReturnType<typeof platformRequest>) => (await send({ ...request, lane: 'repair' })).answer;
  const listAll = async (stage: GenesysStage, path: string) => {
    const found: Named[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const query = `?pageSize=${PAGE_SIZE}&pageNumber=${page}`;
      const entities = entitiesOf(stage, await ask(platformRequest(stage, 'GET', path, {}, undefined, query)));
      found.push(...entities.flatMap(toNamed));
      if (entities.length < PAGE_SIZE) break;
    }
    return found;
  };
  return {
    async createChannel() {
      return toChannel(await ask(platformRequest('create-channel', 'POST', CHANNELS, {})));
    },
    async subscribe(channelId, topics) {
      const body: Models.ChannelTopic[] = topics.map((id) => ({ id }));
      const path = `${CHANNELS}/{channelId}/subscriptions`;
      const write = { body, version: null };
      const answer = await ask(platformRequest('subscribe', 'PUT', path, { channelId }, write, '?ignoreErrors=true'));
      return entitiesOf('subscribe', answer).map(toSubscribed);
    },
    listQueues: () => listAll('list-queues', '/api/v2/routing/queues'),
    listAllWrapupCodes: () => listAll('list-all-wrapup-codes', '/api/v2/routing/wrapupcodes'),
    async listAvailableTopics() {
      const query = '?expand=transports,requiresPermissions';
      const answer = await ask(
        platformRequest('list-available-topics', 'GET', '/api/v2/notifications/availabletopics', {}, undefined, query),
      );
      return entitiesOf('list-available-topics', answer).map(toAvailableTopic);
    },
    async listLimits() {
      const path = '/api/v2/organizations/limits/namespaces/platform.api';
      const entities = entitiesOf('list-limits', await ask(platformRequest('list-limits', 'GET', path, {})));
      const limits = entities.map(({ key, value }) => [String(key), value] as const);
      return Object.fromEntries(limits.filter((limit): limit is [string, number] => typeof limit[1] === 'number'));
    },
    async listOpenConversations(query) {
      const path = '/api/v2/analytics/conversations/details/query';
      const write = { body: openConversations(query), version: null };
      const answer = await ask(platformRequest('query-conversations', 'POST', path, {}, write));
      const body = objectOf('query-conversations', answer);
      // The field is missing if nothing was found.
      const conversations = Array.isArray(body.conversations) ? body.conversations : [];
      return conversations.flatMap((each: unknown) =>
        isObject(each) && typeof each.conversationId === 'string' ? each.conversationId : [],
      );
    },
  };
}

function openConversations({ startedAfter, now, owners, page }: OpenConversationsQuery): Models.ConversationQuery {
  const interval = `${new Date(startedAfter).toISOString()}/${new Date(now).toISOString()}`;
  const isOwner = (owner: OpenConversationsQuery['owners'][number]) => ({ type: 'dimension', operator: 'matches', ...owner });
  return {
    interval,
    order: 'asc',
    orderBy: 'conversationStart',
    conversationFilters: [
      { type: 'and', predicates: [{ type: 'dimension', dimension: 'conversationEnd', operator: 'notExists' }] },
    ],
    segmentFilters: [{ type: 'or', predicates: owners.map(({ dimension, value }) => isOwner({ dimension, value })) }],
    paging: { pageSize: OPEN_CONVERSATIONS_PAGE, pageNumber: page },
  };
}

function objectOf(stage: GenesysStage, answer: HttpAnswer): JsonObject {
  const body = parseJson(answer.text);
  if (isObject(body)) return body;
  throw invalidResponse(stage, answer, 'a JSON object');
}

function entitiesOf(stage: GenesysStage, answer: HttpAnswer): readonly JsonObject[] {
  const { entities } = objectOf(stage, answer);
  if (Array.isArray(entities)) return entities.filter(isObject);
  throw invalidResponse(stage, answer, 'a list of entities');
}

function toChannel(answer: HttpAnswer): Channel {
  const { id, connectUri, expires } = objectOf('create-channel', answer);
  if (typeof id !== 'string' || typeof connectUri !== 'string' || !/^wss?:\/\//.test(connectUri)) {
    throw invalidResponse('create-channel', answer, 'a channel with an id and the address of its socket');
  }
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  return { id, connectUri, expiresAt: Number.isNaN(expiresAt) ? null : expiresAt };
}

/**
 * `Permitted` is the state of a topic that is subscribed to. A topic without a state and without a reason counts as permitted,
 * too.
 */
function toSubscribed({ id, state, rejectionReason, missingPermissions }: JsonObject): Subscribed {
  const reason = typeof rejectionReason === 'string' ? rejectionReason : null;
  const accepted = typeof state === 'string' ? state.toLowerCase() === 'permitted' : reason === null;
  return { topic: String(id), accepted, reason, missingPermissions: textsOf(missingPermissions) };
}

function toAvailableTopic({ id, transports, requiresPermissions }: JsonObject): AvailableTopic {
  return { id: String(id), transports: textsOf(transports), requiresPermissions: textsOf(requiresPermissions) };
}

function toNamed({ id, name }: JsonObject): Named | [] {
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : [];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
