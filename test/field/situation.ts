import type { CallStep } from '../../simulator/call-step.ts';
import { communicationList, type Media } from '../../simulator/conversation.ts';
import type { Behaviour } from '../../simulator/platform.ts';
import type { ParticipantSeed } from '../../simulator/seed-conversation.ts';
import { FIRST_QUEUE, SECOND_QUEUE, WRAPUP_CODES } from './field-bed.ts';

/** One situation, in as few words as it takes. Participants have their names as ids, prefixed by the conversation's. */
export interface Situation {
  readonly name: string;
  readonly media?: Media;
  readonly people: readonly Person[];
  readonly ended?: true;
  /** `user.start agent`: the kind of detail event and whose it is; else the whole event. */
  readonly event: string | ((conversationId: string) => object);
  /** Fields of the event's body besides the ids. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly target?: Readonly<Record<string, string>>;
  readonly action: object;
  readonly behaviour?: Behaviour;
  /** It has to wait; then this happens. */
  readonly next?: CallStep;
  /** `transfer applied (written)`; or `waits`, and no more. */
  readonly becomes: string;
  /** `kind participant` of what took effect. */
  readonly wrote?: readonly string[];
}

export interface Person extends Omit<ParticipantSeed, 'id'> {
  readonly name: string;
  /** Of its leg on the situation's medium. Default `connected`. */
  readonly state?: string;
  readonly leg?: Readonly<Record<string, unknown>>;
}

const START = Date.parse('2026-11-25T12:00:00Z');
const at = (minute: number) => new Date(START + minute * 60_000).toISOString();

export const customer = (fields: Partial<Person> = {}): Person => ({ name: 'customer', purpose: 'customer', ...fields });
export const agent = (fields: Partial<Person> = {}): Person => ({
  name: 'agent',
  purpose: 'agent',
  userId: 'user-1',
  queueId: FIRST_QUEUE.id,
  startTime: at(1),
  connectedTime: at(1),
  wrapupRequired: true,
  wrapupPrompt: 'mandatory',
  ...fields,
});
/** An agent whose phone rings. */
export const ringing = (fields: Partial<Person> = {}): Person => {
  const { connectedTime, ...person } = agent({ state: 'alerting', leg: { startAlertingTime: at(1) }, ...fields });
  return person;
};
/** An agent who was connected and has left; `leg.afterCallWork` says how that stands. */
export const left = (fields: Partial<Person> = {}): Person =>
  agent({ state: 'disconnected', endTime: at(2), startAcwTime: at(2), leg: { afterCallWork: { state: 'pending' } }, ...fields });
/** An agent whose phone rang and was not answered. */
export const missed = (fields: Partial<Person> = {}): Person => ({
  ...ringing(fields),
  state: 'disconnected',
  endTime: at(2),
  leg: { startAlertingTime: at(1), disconnectedTime: at(2) },
});
export const supervisor = (fields: Partial<Person>): Person => ({
  name: 'supervisor',
  purpose: 'user',
  userId: 'user-2',
  startTime: at(4),
  connectedTime: at(4),
  wrapupRequired: false,
  ...fields,
});
export const colleague = (fields: Partial<Person> = {}): Person =>
  agent({ name: 'colleague', userId: 'user-2', startTime: at(4), connectedTime: at(4), ...fields });
export const waiting = (fields: Partial<Person> = {}): Person => ({
  name: 'acd',
  purpose: 'acd',
  queueId: FIRST_QUEUE.id,
  startTime: at(1),
  connectedTime: at(1),
  ...fields,
});

export const TO_SECOND = { transfer: { queueId: SECOND_QUEUE.id } };
export const WRAP_UP = { applyWrapup: { code: WRAPUP_CODES.resolved.name } };
export const TAG = { setAttributes: { tagged: 'yes' } };

export function conversationOf(id: string, { people, media = 'voice', ended }: Situation) {
  const named = (name: unknown) => `${id}-${String(name)}`;
  const participants = people.map(({ name, state = 'connected', leg = {}, ...fields }) => {
    const links = ['monitoredParticipantId', 'coachedParticipantId', 'bargedParticipantId', 'consultParticipantId'] as const;
    const linked = links.flatMap((link) => (fields[link] === undefined ? [] : [[link, named(fields[link])]]));
    const list = communicationList(media);
    const communication = { id: `${named(name)}-leg`, state, direction: 'inbound', ...leg };
    return { [list]: [communication], ...fields, ...Object.fromEntries(linked), id: named(name) };
  });
  return { id, startTime: at(0), ...(ended && { endTime: at(3) }), participants } as {
    id: string;
    participants: ParticipantSeed[];
  };
}

/** The rule of a situation: its own conversation, and nothing else. */
export function ruleOf(id: string, { target, action }: Situation): object {
  const when = { topic: '**', if: `event.conversationId == "${id}"` };
  const filled = target && JSON.parse(JSON.stringify(target).replaceAll('$id', id));
  return { name: id, when, ...(filled && { target: filled }), actions: [action] };
}

export function eventOf(id: string, situation: Situation): object {
  const { event, people, media = 'voice', body = {} } = situation;
  if (typeof event !== 'string') return event(id);
  const [kind, name] = event.split(' ');
  const person = people.find((each) => each.name === name);
  const topic = (conversationId: string) => `v2.detail.events.conversation.${conversationId}.${kind}`;
  const ofUser = { userId: person?.userId, queueId: person?.queueId };
  const eventBody = {
    eventTime: Date.now(),
    conversationId: id,
    participantId: `${id}-${name}`,
    sessionId: `${id}-${name}-leg`,
    mediaType: media.toUpperCase(),
    direction: 'INBOUND',
    ...(kind === 'attributes' || kind === 'wrapup' ? {} : ofUser),
    ...body,
  };
  const detail = {
    topicName: topic(id),
    version: '2',
    eventBody,
    metadata: { CorrelationId: id },
    timestamp: new Date().toISOString(),
  };
  return { version: '0', id: `${id}-event`, 'detail-type': topic('{id}'), detail };
}
