import type { Models } from 'purecloud-platform-client-v2';
import { type Conversation, communicationsOf, type Participant } from './conversation.ts';

/** The topics `v2.detail.events.conversation.{id}.<kind>` that the simulator raises. */
export type DetailEventKind =
  | 'customer.start'
  | 'customer.end'
  | 'user.start'
  | 'user.end'
  | 'acd.start'
  | 'acd.end'
  | 'flow.start'
  | 'flow.end'
  | 'acw'
  | 'wrapup'
  | 'attributes';

/** A detail event before it is put into an envelope. */
export interface DetailEvent {
  readonly kind: DetailEventKind;
  readonly conversationId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly eventBody: Readonly<Record<string, unknown>>;
}

export interface DetailEventSource {
  readonly kind: DetailEventKind;
  readonly conversation: Conversation;
  readonly participant: Participant;
  readonly at: number;
  /** How long the state that the event ends has lasted; default: computed from the times of the participant. */
  readonly lastedMs?: number | undefined;
  /** For `attributes`: the written attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Replaces the participant's own id: an id that the API does not know. */
  readonly participantId?: string;
}

const DIVISION_ID = 'd1a2c3f4-0000-4000-8000-000000000001';
const FLOW = {
  flowType: 'INBOUNDCALL',
  flowId: 'f10a2c3f-0000-4000-8000-000000000001',
  flowVersion: '7.0',
  divisionId: DIVISION_ID,
};

type OwnFields = (source: DetailEventSource) => Readonly<Record<string, unknown>>;

const ended =
  (durationField: string): OwnFields =>
  ({ participant, at, lastedMs }) => ({
    disconnectType: (communicationsOf(participant).communications.at(-1)?.disconnectType ?? 'peer').toUpperCase(),
    divisionId: DIVISION_ID,
    [durationField]: lastedMs ?? at - Date.parse(participant.connectedTime ?? participant.startTime),
  });
/** The session of a user whose phone rang and was never picked up had no time of interacting. */
const userEnded: OwnFields = (source) => {
  if (source.participant.connectedTime !== undefined) return ended('interactingDurationMs')(source);
  return { ...ended('alertingDurationMs')(source), interactingDurationMs: 0 };
};
const started: OwnFields = () => ({ divisionId: DIVISION_ID });
const queue: OwnFields = ({ participant }) => ({ queueId: participant.queueId });
const user: OwnFields = ({ participant }) => ({ userId: participant.userId, queueId: participant.queueId });
const wrapup: OwnFields = ({ participant, at, lastedMs }) => ({
  queueId: participant.queueId,
  wrapupCode: assignedWrapup(participant)?.code,
  wrapupNotes: assignedWrapup(participant)?.notes,
  wrapupDurationMs:
    lastedMs !== undefined ? lastedMs : participant.startAcwTime === undefined ? 0 : at - Date.parse(participant.startAcwTime),
});
function assignedWrapup(participant: Participant) {
  return participant.wrapup ?? communicationsOf(participant).communications.findLast((each) => each.wrapup)?.wrapup;
}

const all =
  (...parts: readonly OwnFields[]): OwnFields =>
  (source) =>
    Object.assign({}, ...parts.map((part) => part(source)));

/** Fields in addition to the common ones, as in the official SDK's `...DetailEventTopic...` models. */
const OWN_FIELDS: Readonly<Record<Exclude<DetailEventKind, 'attributes'>, OwnFields>> = {
  'customer.start': started,
  'customer.end': ended('interactingDurationMs'),
  'user.start': all(started, user),
  'user.end': all(userEnded, user),
  'acd.start': all(started, queue),
  'acd.end': all(ended('connectedDurationMs'), queue),
  'flow.start': () => FLOW,
  'flow.end': all(ended('connectedDurationMs'), () => FLOW),
  acw: all(wrapup, user),
  wrapup,
};

export function buildDetailEvent(source: DetailEventSource): DetailEvent {
  const { kind, conversation, at } = source;
  const eventBody = kind === 'attributes' ? attributesBody(source) : { ...commonFields(source), ...OWN_FIELDS[kind](source) };
  return { kind, conversationId: conversation.id, at, eventBody };
}

function attributesBody({ conversation, participant, at, attributes, participantId }: DetailEventSource) {
  const { media, communications } = communicationsOf(participant);
  return {
    eventTime: at,
    conversationId: conversation.id,
    participantId: participantId ?? participant.id,
    attributes: attributes ?? participant.attributes,
    communications: communications.map(({ id }) => ({ id, mediaType: media.toUpperCase() })),
  };
}

/** Voice has `ani` and `dnis`, other media have addresses. */
function commonFields({
  conversation,
  participant,
  at,
  participantId,
}: DetailEventSource): Models.CustomerStartDetailEventTopicCustomerStartEvent {
  const { media, communications } = communicationsOf(participant);
  const communication = communications.at(-1);
  const customer = conversation.participants.find(({ purpose }) => purpose === 'customer');
  const from = participant.ani ?? customer?.ani ?? '';
  const to = participant.dnis ?? customer?.dnis ?? '';
  return {
    eventTime: at,
    conversationId: conversation.id,
    participantId: participantId ?? participant.id,
    sessionId: communication?.id ?? '',
    mediaType: media.toUpperCase(),
    provider: communication?.provider ?? 'Edge',
    direction: (communication?.direction ?? 'inbound').toUpperCase(),
    ...(media === 'voice' || media === 'callback' ? { ani: from, dnis: to } : { addressFrom: from, addressTo: to }),
  };
}
