import type { ConversationEvent } from './conversation-event.ts';
import { EDGE_KINDS, EDGE_TOPICS, type EdgeKind, edgeTopic } from './edge-topics.ts';
import type { JsonObject } from './json-object.ts';

/** What of an event can be `null`. */
export type OptionalField = Exclude<
  keyof ConversationEvent,
  'id' | 'topic' | 'conversationId' | 'occurredAt' | 'correlationId' | 'body'
>;

/** A topic of events about conversations. */
export interface CataloguedTopic {
  /** Ids inside it are written `{id}`. */
  readonly topic: string;
  /** When the event is raised, and what is surprising about it. */
  readonly raised: string;
  /** Fields that events of this topic can fill; the others are always `null`. */
  readonly fields: readonly OptionalField[];
  /** A body as Genesys sends it: its models' fields, invented values. */
  readonly body: JsonObject;
}

const CONVERSATION_ID = '3f0c4f0e-8a2b-4f5e-9a0e-6d1f4a1b2c3d';
const USER_ID = '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c3d';
const QUEUE_ID = '5c1e2d3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f';
const PARTICIPANT_ID = '91d0c1b2-5e44-4f7a-8b1d-0a2b3c4d5e6f';

const PARTY: JsonObject = {
  eventTime: 1795213800123,
  conversationId: CONVERSATION_ID,
  participantId: PARTICIPANT_ID,
  sessionId: 'c7d8e9f0-1a2b-4c3d-8e4f-5a6b7c8d9e0f',
  mediaType: 'VOICE',
  provider: 'Edge',
  direction: 'INBOUND',
  ani: 'tel:+13175550100',
  dnis: 'tel:+13175550199',
  addressTo: 'tel:+13175550199',
  addressFrom: 'tel:+13175550100',
  divisionId: 'd1e2f3a4-b5c6-4d7e-8f9a-0b1c2d3e4f5a',
};
const PARTY_FIELDS = ['participantId', 'communicationId', 'mediaType', 'direction', 'ani', 'dnis', 'address'] as const;
const FLOW: JsonObject = {
  ...PARTY,
  flowType: 'INBOUNDCALL',
  flowId: '1f2e3d4c-5b6a-4978-8f6e-5d4c3b2a1908',
  flowVersion: '3.0',
};

function detail(name: string, raised: string, fields: readonly OptionalField[], body: JsonObject): CataloguedTopic {
  return { topic: `v2.detail.events.conversation.{id}.${name}`, raised, fields, body };
}

/** The `v2.detail.events.conversation.{id}.*` topics: the models named `...DetailEventTopic...` of Genesys's SDK. */
const DETAIL_TOPICS: readonly CataloguedTopic[] = [
  detail('customer.start', 'The customer joins. It carries no queue and no user.', PARTY_FIELDS, PARTY),
  detail('customer.end', 'The customer leaves.', PARTY_FIELDS, {
    ...PARTY,
    disconnectType: 'PEER',
    interactingDurationMs: 184000,
  }),
  detail('flow.start', 'An Architect flow takes the conversation.', PARTY_FIELDS, FLOW),
  detail('flow.end', 'The flow ends, for example with a transfer to a queue.', PARTY_FIELDS, {
    ...FLOW,
    disconnectType: 'TRANSFER',
    exitReason: 'TRANSFER',
    connectedDurationMs: 21000,
  }),
  detail('flow.outcome', 'The flow reaches an outcome.', PARTY_FIELDS, {
    ...FLOW,
    flowOutcomeId: '2a3b4c5d-6e7f-4081-92a3-b4c5d6e7f809',
    flowOutcomeValue: 'SUCCESS',
  }),
  detail('acd.start', 'The conversation begins to wait in a queue.', [...PARTY_FIELDS, 'queueId'], {
    ...PARTY,
    queueId: QUEUE_ID,
  }),
  detail(
    'acd.end',
    'It waits in the queue no longer. `disconnectType` TRANSFER: an agent answered; `answeredUserId` can name who.',
    [...PARTY_FIELDS, 'queueId'],
    {
      ...PARTY,
      disconnectType: 'TRANSFER',
      queueId: QUEUE_ID,
      acdOutcome: 'ANSWERED',
      answeredUserId: USER_ID,
      connectedDurationMs: 9000,
    },
  ),
  detail(
    'user.start',
    "An agent's session begins: it rings or dials. It is **not** raised when the agent answers.",
    [...PARTY_FIELDS, 'userId', 'queueId'],
    { ...PARTY, userId: USER_ID, queueId: QUEUE_ID },
  ),
  detail(
    'user.end',
    "An agent's session ends, also one that was never answered (its durations are 0). After-call work may follow.",
    [...PARTY_FIELDS, 'userId', 'queueId'],
    {
      ...PARTY,
      disconnectType: 'CLIENT',
      userId: USER_ID,
      queueId: QUEUE_ID,
      interactingDurationMs: 152000,
      heldDurationMs: 0,
      alertingDurationMs: 4000,
    },
  ),
  detail('acw', 'After-call work is **over**; it begins at `user.end`.', [...PARTY_FIELDS, 'userId', 'queueId'], {
    ...PARTY,
    userId: USER_ID,
    queueId: QUEUE_ID,
    wrapupCode: '7b2f4a9e-0b1d-4f7c-9a55-0c3f6d1e2a41',
    wrapupNotes: '',
    wrapupDurationMs: 12000,
  }),
  detail('wrapup', 'A wrap-up code was set. It names no user.', [...PARTY_FIELDS, 'queueId'], {
    ...PARTY,
    queueId: QUEUE_ID,
    wrapupCode: '7b2f4a9e-0b1d-4f7c-9a55-0c3f6d1e2a41',
    wrapupNotes: '',
    wrapupDurationMs: 12000,
  }),
  detail(
    'attributes',
    "Participant attributes changed, hookpatch's own writes included (those are skipped). It carries nothing else of the participant.",
    ['participantId'],
    {
      eventTime: 1795213800123,
      conversationId: CONVERSATION_ID,
      participantId: PARTICIPANT_ID,
      attributes: { vip: 'true' },
      communications: [{ id: 'c7d8e9f0-1a2b-4c3d-8e4f-5a6b7c8d9e0f', mediaType: 'VOICE' }],
    },
  ),
  detail('contact', 'An external contact is linked to the conversation.', PARTY_FIELDS, {
    ...PARTY,
    externalContactId: '3b4c5d6e-7f80-4192-a3b4-c5d6e7f8091a',
  }),
  detail('outbound', 'A campaign starts the conversation.', PARTY_FIELDS, {
    ...PARTY,
    direction: 'OUTBOUND',
    outboundCampaignId: '4c5d6e7f-8091-42a3-b4c5-d6e7f8091a2b',
    outboundContactId: '1042',
  }),
  detail('voicemail.start', 'The caller begins to leave a voicemail.', [...PARTY_FIELDS, 'userId', 'queueId'], {
    ...PARTY,
    userId: USER_ID,
    queueId: QUEUE_ID,
  }),
  detail('voicemail.end', 'The voicemail ends.', [...PARTY_FIELDS, 'userId', 'queueId'], {
    ...PARTY,
    disconnectType: 'PEER',
    userId: USER_ID,
    queueId: QUEUE_ID,
    voicemailDurationMs: 17000,
  }),
];

/** For snapshots and `conversations.{id}`: Genesys's plural, and the name of that medium in detail events. */
const SNAPSHOT_MEDIA: readonly string[] = [
  ...['calls', 'callbacks', 'chats', 'cobrowsesessions', 'emails', 'messages', 'screenshares', 'socialexpressions', 'videos'],
];

function snapshots(owner: string, whose: string, field: 'userId' | 'queueId'): CataloguedTopic[] {
  const body = { id: CONVERSATION_ID, participants: [{ id: PARTICIPANT_ID, purpose: 'customer' }] };
  const raised = `The conversation as it is now, at every change, for ${whose}. None of its participants is the event's own.`;
  const topic = `${owner}.conversations`;
  const ofMedium = SNAPSHOT_MEDIA.map((medium) => `${topic}.${medium}`);
  return [
    { topic, raised, fields: [field], body },
    ...ofMedium.map((name) => ({ topic: name, raised: `The same, of one medium.`, fields: [field, 'mediaType'] as const, body })),
  ];
}

const CHAT_BODY = {
  id: '5d6e7f80-91a2-43b4-85d6-e7f8091a2b3c',
  conversation: { id: CONVERSATION_ID },
  timestamp: '2026-11-20T22:30:00.000Z',
};

const EDGE_BODY: JsonObject = {
  id: CONVERSATION_ID,
  participants: [{ id: PARTICIPANT_ID, purpose: 'agent', userId: USER_ID, queueId: QUEUE_ID, attributes: { tier: 'gold' } }],
};

/** The topics of `hookpatch.conversation.{id}.`, derived from consecutive snapshots. */
const EDGES: readonly CataloguedTopic[] = EDGE_KINDS.map((kind: EdgeKind) => ({
  topic: edgeTopic(kind),
  raised: EDGE_TOPICS[kind],
  fields: kind === 'conversation.ended' ? ['userId', 'queueId', 'mediaType'] : [...PARTY_FIELDS, 'userId', 'queueId'],
  body: kind === 'attributes.changed' ? { ...EDGE_BODY, attributes: { tier: 'gold' } } : EDGE_BODY,
}));

/**
 * Every topic about conversations that Genesys documents and hookpatch reads, and hookpatch's own topics. This is the only place
 * with their meaning: the loader's warnings, the completion in editors and docs/events.md are made from it.
 */
export const TOPIC_CATALOGUE: readonly CataloguedTopic[] = [
  ...DETAIL_TOPICS,
  ...snapshots('v2.users.{id}', 'a user', 'userId'),
  ...snapshots('v2.routing.queues.{id}', 'a queue', 'queueId'),
  {
    topic: 'v2.conversations.{id}.transcription',
    raised: 'A part of the conversation was transcribed.',
    fields: ['communicationId'],
    body: { conversationId: CONVERSATION_ID, communicationId: 'c7d8e9f0-1a2b-4c3d-8e4f-5a6b7c8d9e0f', transcripts: [] },
  },
  {
    topic: 'v2.conversations.chats.{id}.messages',
    raised: 'A message was sent in a web chat. The sender is the communication.',
    fields: ['communicationId', 'mediaType'],
    body: { ...CHAT_BODY, sender: { id: '6e7f8091-a2b3-44c5-96e7-f8091a2b3c4d' }, body: 'Hello', bodyType: 'standard' },
  },
  {
    topic: 'v2.conversations.chats.{id}.members',
    raised: 'A member of a web chat joined, left or changed. The member is the communication.',
    fields: ['communicationId', 'mediaType'],
    body: { ...CHAT_BODY, member: { id: '6e7f8091-a2b3-44c5-96e7-f8091a2b3c4d', state: 'CONNECTED' } },
  },
  ...EDGES,
];

/** Purposes of participants that occur in events; Genesys's list is open. */
export const KNOWN_PURPOSES: readonly string[] = [
  ...[
    'customer',
    'external',
    'agent',
    'user',
    'acd',
    'ivr',
    'voicemail',
    'workflow',
    'botflow',
    'outbound',
    'dialer',
    'campaign',
  ],
  ...['api', 'group', 'station', 'fax', 'manual', 'inbound'],
];

/** Names of the media in detail events; Genesys's list is open. */
export const KNOWN_MEDIA_TYPES: readonly string[] = [
  ...['VOICE', 'CHAT', 'EMAIL', 'CALLBACK', 'MESSAGE', 'COBROWSE', 'SCREENSHARE', 'VIDEO', 'SOCIALEXPRESSION'],
];

export const DIRECTIONS: readonly string[] = ['INBOUND', 'OUTBOUND'];
