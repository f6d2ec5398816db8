import { hash } from 'node:crypto';
import type { ConversationEvent } from '../../domain/conversation-event.ts';
import { type EdgeKind, edgeTopic } from '../../domain/edge-topics.ts';
import { isAgent } from '../../genesys/participant-role.ts';
import {
  afterCallWorkStateOf,
  type Communication,
  communicationsOf,
  isConnected,
  isConversationEnded,
  isEnded,
} from '../../genesys/participant-state.ts';
import { mediaTypeOf, type SeenParticipant, type Snapshot } from './snapshot.ts';

/** The remembered state of a conversation's last snapshot. It holds no attribute values, only digests. */
export interface SeenState {
  readonly version: 1;
  /** Edges that happened, by participant id. */
  readonly edges: Readonly<Record<string, readonly EdgeKind[]>>;
  readonly ended: boolean;
  /** By participant id: how often its attributes have changed, and a digest of each value. */
  readonly attributes: Readonly<Record<string, SeenAttributes>>;
}

interface SeenAttributes {
  readonly changes: number;
  readonly digests: Readonly<Record<string, string>>;
}

export const NOTHING_SEEN: SeenState = { version: 1, edges: {}, ended: false, attributes: {} };

/** Only this many attributes of one participant are tracked, so that the state of a conversation stays small. */
const MOST_ATTRIBUTES = 200;
const MOST_PARTICIPANTS = 500;

export interface Derived {
  /** In the order in which they occur for one participant. */
  readonly edges: readonly ConversationEvent[];
  readonly state: SeenState;
}

/**
 * The changes since the remembered state. An edge is something that was never true before, so snapshots that come twice, late or
 * over two ways give no edge twice. Only a change of an attribute is derived from the last value; it can be reported back and
 * forth when snapshots come in the wrong order. A first snapshot gives the edges that it shows, but no change of an attribute.
 */
export function deriveEdges(snapshot: Snapshot, seen: SeenState): Derived {
  const edges: ConversationEvent[] = [];
  const seenEdges: Record<string, readonly EdgeKind[]> = { ...seen.edges };
  const attributes: Record<string, SeenAttributes> = { ...seen.attributes };
  const hasCustomer = snapshot.participants.some(({ purpose }) => purpose === 'customer');
  for (const participant of snapshot.participants.slice(0, MOST_PARTICIPANTS)) {
    const before = seenEdges[participant.id] ?? [];
    const shown = shownBy(participant, hasCustomer);
    const news = shown.filter(({ kind }) => !before.includes(kind));
    if (news.length > 0) seenEdges[participant.id] = [...before, ...news.map(({ kind }) => kind)];
    edges.push(...news.map((each) => toEvent(snapshot, participant, each)));
    const changed = compareAttributes(participant, attributes[participant.id]);
    if (changed === null) continue;
    attributes[participant.id] = changed.seen;
    if (changed.values !== null) edges.push(attributesChanged(snapshot, participant, changed.seen.changes, changed.values));
  }
  const ended = seen.ended || hasEnded(snapshot, hasCustomer);
  if (ended && !seen.ended) edges.push(conversationEnded(snapshot));
  return { edges, state: { version: 1, edges: seenEdges, ended, attributes } };
}

interface Shown {
  readonly kind: EdgeKind;
  /** ISO 8601, if the snapshot has the time. */
  readonly at: string | undefined;
  readonly communication: Communication | undefined;
}

const RINGING: ReadonlySet<string> = new Set(['alerting', 'offering']);

/** All edges of the participant, as far as the snapshot shows them. */
function shownBy(participant: SeenParticipant, hasCustomer: boolean): readonly Shown[] {
  const communications = communicationsOf(participant);
  const inState = (states: ReadonlySet<string>) => communications.find(({ state }) => states.has(state?.toLowerCase() ?? ''));
  const connected = inState(new Set(['connected']));
  const answered = communications.find(({ connectedTime }) => connectedTime) ?? connected ?? communications.at(-1);
  const connectedTime = participant.connectedTime ?? answered?.connectedTime;
  const wasConnected = Boolean(connectedTime) || (connected !== undefined && isConnected(participant));
  if (isCustomer(participant, hasCustomer)) {
    return wasConnected ? [{ kind: 'customer.connected', at: connectedTime, communication: answered }] : [];
  }
  if (!isAgent(participant)) return [];
  const shown: Shown[] = [];
  const ringing = inState(RINGING);
  if (ringing && !isEnded(participant)) shown.push({ kind: 'agent.alerting', at: undefined, communication: ringing });
  if (wasConnected) shown.push({ kind: 'agent.connected', at: connectedTime, communication: answered });
  if (wasConnected && isEnded(participant)) {
    const last = communications.findLast(({ disconnectedTime }) => disconnectedTime) ?? communications.at(-1);
    shown.push({ kind: 'agent.disconnected', at: participant.endTime ?? last?.disconnectedTime, communication: last });
  }
  return [...shown, ...afterCallWork(participant, communications.at(-1))];
}

function afterCallWork(participant: SeenParticipant, communication: Communication | undefined): readonly Shown[] {
  const { startAcwTime, endAcwTime } = participant;
  const state = afterCallWorkStateOf(participant);
  const started = state === 'pending' || state === 'complete' || Boolean(startAcwTime);
  const ended = started && (state === 'complete' || state === 'skipped' || Boolean(endAcwTime));
  return [
    ...(started ? [{ kind: 'acw.started', at: startAcwTime, communication } as const] : []),
    ...(ended ? [{ kind: 'acw.ended', at: endAcwTime, communication } as const] : []),
  ];
}

/**
 * The far side of a conversation without a customer has the purpose `external`; in addition to a customer it is a third party.
 */
function isCustomer({ purpose }: SeenParticipant, hasCustomer: boolean): boolean {
  return purpose === 'customer' || (purpose === 'external' && !hasCustomer);
}

/** A notification's snapshot has no end time of its own. Then it has ended if everybody has left, including the customer. */
function hasEnded({ conversation, participants }: Snapshot, hasCustomer: boolean): boolean {
  if (isConversationEnded(conversation)) return true;
  return participants.some((each) => isCustomer(each, hasCustomer)) && participants.every(isEnded);
}

function compareAttributes({ attributes }: SeenParticipant, seen: SeenAttributes | undefined) {
  const values = Object.entries(attributes ?? {}).slice(0, MOST_ATTRIBUTES);
  const digests = Object.fromEntries(values.map(([name, value]) => [name, digest(value)]));
  if (seen === undefined) return { seen: { changes: 0, digests }, values: null };
  const changed = values.filter(([name]) => seen.digests[name] !== digests[name]);
  if (changed.length === 0) return null;
  const next = { changes: seen.changes + 1, digests: { ...seen.digests, ...digests } };
  return { seen: next, values: Object.fromEntries(changed) };
}

function digest(value: unknown): string {
  return hash('sha256', String(value), 'base64url').slice(0, 16);
}

function toEvent(snapshot: Snapshot, participant: SeenParticipant, { kind, at, communication }: Shown): ConversationEvent {
  const own = `${kind}/${participant.id}`;
  return { ...edgeOf(snapshot, kind, own, at), ...partiesOf(snapshot.event, participant, communication) };
}

/** In the form of Genesys's own `.attributes` event: the changed attributes are in `body.attributes`. */
function attributesChanged(
  snapshot: Snapshot,
  participant: SeenParticipant,
  changes: number,
  attributes: Readonly<Record<string, unknown>>,
): ConversationEvent {
  const edge = edgeOf(snapshot, 'attributes.changed', `attributes.changed/${participant.id}/${changes}`, undefined);
  const parties = partiesOf(snapshot.event, participant, communicationsOf(participant).at(-1));
  return { ...edge, ...parties, body: { ...edge.body, attributes } };
}

function conversationEnded(snapshot: Snapshot): ConversationEvent {
  const kind = 'conversation.ended';
  return edgeOf(snapshot, kind, kind, snapshot.conversation.endTime);
}

function edgeOf({ event }: Snapshot, kind: EdgeKind, own: string, at: string | undefined): ConversationEvent {
  const happenedAt = Date.parse(at ?? '');
  const occurredAt = Number.isNaN(happenedAt) ? event.occurredAt : new Date(happenedAt).toISOString();
  return { ...event, id: `edge/${event.conversationId}/${own}`, topic: edgeTopic(kind), occurredAt };
}

function partiesOf(event: ConversationEvent, participant: SeenParticipant, communication: Communication | undefined) {
  return {
    participantId: participant.id,
    communicationId: communication?.id ?? null,
    userId: participant.userId ?? null,
    queueId: participant.queueId ?? event.queueId,
    mediaType: mediaTypeOf(participant) ?? event.mediaType,
    direction: communication?.direction?.toUpperCase() ?? null,
    ani: participant.ani ?? null,
    dnis: participant.dnis ?? null,
    address: participant.address ?? null,
  };
}
