import { z } from 'zod';

/**
 * The envelopes of events, for the API document. The readers of `src/envelopes` decide what is accepted; the contract test plays
 * every saved event against both.
 */

const time = z.union([z.number(), z.string()]).nullish();
const text = z.string().nullish();
const TIME = 'epoch milliseconds, or ISO 8601';

/** The fields of a flat event that hookpatch reads. Every other field reaches rules as `event.body`. */
export const flatEvent = z
  .looseObject({
    topicName: text.describe(
      'The topic. One of `topicName`, `eventType` and `topic` is required; the first that is given counts.',
    ),
    eventType: text.describe('The topic, under another name.'),
    topic: text.describe('The topic, under another name.'),
    conversationId: text.describe('Id of the conversation. Required where the topic is about a conversation.'),
    eventId: text.describe('The idempotency key. Without it `id`, else a digest of the whole event.'),
    id: text.describe('The idempotency key, unless it repeats the id of the conversation, participant, session or user.'),
    eventTime: time.describe(`When it happened: ${TIME}. Without any time: when it was received.`),
    timestamp: time.describe(`When it was sent: ${TIME}; used without \`eventTime\`.`),
    time: time.describe(`The same, used without \`eventTime\` and \`timestamp\`.`),
    participantId: text.describe('Id of the participant that the event is about.'),
    sessionId: text.describe('Id of its communication; `event.communicationId` of rules.'),
    communicationId: text.describe('The same, used without `sessionId`.'),
    userId: text.describe('Id of the user.'),
    queueId: text.describe('Id of the queue.'),
    mediaType: text.describe('`VOICE`, `CHAT`, `EMAIL`, `CALLBACK`, `MESSAGE` ..., in any case.'),
    direction: text.describe('`INBOUND` or `OUTBOUND`, in any case.'),
    ani: text.describe("The caller's address."),
    dnis: text.describe('The address that was called.'),
    address: text.describe(
      'The address of the remote party. Without it `addressFrom` or `ani` inbound, `addressTo` or `dnis` outbound.',
    ),
    addressFrom: text.describe('The address that the communication came from.'),
    addressTo: text.describe('The address that it went to.'),
    correlationId: text.describe("The vendor's correlation id; without it `metadata.CorrelationId`."),
  })
  .meta({
    description: 'A flat event, as workflows, data actions and relays write it. The whole event is `event.body` of rules.',
    anyOf: ['topicName', 'eventType', 'topic'].map((name) => ({ required: [name] })),
  });

const metadata = z.looseObject({ CorrelationId: text }).nullish();

export const notificationEvent = z
  .looseObject({
    topicName: z.string(),
    eventBody: z.looseObject({}).describe('`event.body` of rules. A snapshot is the conversation itself.'),
    metadata,
    id: text.describe('The idempotency key, if a relay gives one.'),
    conversationId: text.describe('Used where `eventBody` names no conversation.'),
    timestamp: time,
    time,
  })
  .describe("A message of Genesys's notification service, as a relay passes it on.");

export const eventBridgeEvent = z
  .looseObject({
    'detail-type': z.string().describe('The topic, with the literal `{id}`; `detail.topicName` counts first.'),
    detail: z.looseObject({ topicName: text, eventBody: z.looseObject({}).optional(), metadata, timestamp: time }),
    id: text.describe('The idempotency key.'),
    time,
  })
  .describe('An event of Amazon EventBridge, as an API destination sends it.');

export const eventGridEvent = z
  .looseObject({
    data: z.looseObject({}).describe('The EventBridge event or the notification, or an object with it as `message`.'),
    id: text.describe('The idempotency key, where the event inside has none.'),
    eventType: text,
    subject: text,
    dataVersion: z.unknown().optional(),
    specversion: text,
  })
  .meta({
    description: 'An event of Azure Event Grid, in its own schema or that of CloudEvents.',
    anyOf: [{ required: ['eventType', 'subject', 'dataVersion'] }, { required: ['specversion'] }],
  });

const event = z.union([eventBridgeEvent, notificationEvent, eventGridEvent, flatEvent]);

export const delivery = z.union([event, z.array(event).max(1_000)]).describe('One event, or an array of at most 1,000.');
