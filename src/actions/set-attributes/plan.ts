import type { Conversation, Participant } from '../../genesys/genesys-client.ts';
import { isConversationEnded, isEnded } from '../../genesys/participant-state.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import { RenderError } from '../../rules/rule-set.ts';
import type { ConversationView } from '../conversation-view.ts';
import type { OwnWrites } from '../own-writes.ts';
import { type Ending, resolveStep, type Step } from '../step.ts';
import type { AcceptedWrite } from '../write.ts';
import type { SetAttributes } from './action.ts';

/** One PATCH: what changes on one participant, merged over all steps that touch it. */
export interface AttributesWrite {
  readonly participantId: string;
  /** Only keys whose value differs from what was fetched. */
  readonly changes: Readonly<Record<string, string>>;
  readonly endings: ReadonlyMap<Step, Ending>;
}

export interface AttributesPlan {
  readonly writes: readonly AttributesWrite[];
  /** Steps that need no call. */
  readonly endings: ReadonlyMap<Step, Ending>;
  /** Steps whose participant is not in the conversation: the caller may fetch again and plan again. */
  readonly unresolved: readonly Step[];
}

interface Assignment {
  readonly participant: IdentifiedParticipant;
  readonly steps: { step: Step; attributes: Readonly<Record<string, string>> }[];
}

/** Pure: what is to be sent so that every step holds. Later steps win over earlier ones on the same key. */
export function planAttributes(conversation: Conversation, steps: readonly Step[]): AttributesPlan {
  const endings = new Map<Step, Ending>();
  const unresolved: Step[] = [];
  const assignments = new Map<string, Assignment>();
  for (const step of steps) {
    const placed = placeStep(step, conversation);
    if (placed.kind === 'unresolved') unresolved.push(step);
    if (placed.kind !== 'assigned') {
      endings.set(step, placed.ending);
      continue;
    }
    const { participant, attributes } = placed;
    const assignment = assignments.get(participant.id) ?? { participant, steps: [] };
    assignment.steps.push({ step, attributes });
    assignments.set(participant.id, assignment);
  }
  const writes: AttributesWrite[] = [];
  for (const assignment of assignments.values()) {
    const write = mergeAssignment(assignment);
    if (Object.keys(write.changes).length > 0) writes.push(write);
    else for (const [step, ending] of write.endings) endings.set(step, ending);
  }
  return { writes, endings, unresolved };
}

type Placed =
  | { kind: 'assigned'; participant: IdentifiedParticipant; attributes: Readonly<Record<string, string>> }
  | { kind: 'ended' | 'unresolved'; ending: Ending };

function placeStep(step: Step, conversation: Conversation): Placed {
  if (isConversationEnded(conversation)) {
    return { kind: 'ended', ending: ending('skipped', 'conversation-ended', 'the conversation has ended', null) };
  }
  try {
    const resolution = resolveStep(step, conversation);
    if (!resolution.found) {
      const kind = resolution.reason === 'participant-not-found' ? 'unresolved' : 'ended';
      return { kind, ending: ending('dead-lettered', resolution.reason, resolution.detail, null) };
    }
    const participant = resolution.participant;
    if (isEnded(participant)) {
      return { kind: 'ended', ending: ending('skipped', 'participant-ended', 'the participant has ended', participant.id) };
    }
    return { kind: 'assigned', participant, attributes: attributesOf(step, conversation, participant) };
  } catch (error) {
    return { kind: 'ended', ending: notPlanned(error) };
  }
}

/** A fault of our own is that of this step alone: the others of the batch go on. Its message may hold values, its name does not. */
function notPlanned(error: unknown): Ending {
  if (error instanceof RenderError) return ending('dead-lettered', 'expression-failed', error.message, null);
  const name = error instanceof Error ? error.name : 'an unknown error';
  return ending('dead-lettered', 'internal-error', `the action could not be planned: ${name}`, null);
}

function attributesOf(step: Step, conversation: Conversation, participant: Participant): Record<string, string> {
  const { attributes } = step.render(conversation, participant) as SetAttributes;
  const given = Object.entries(attributes).filter((pair): pair is [string, string] => pair[1] !== null);
  return Object.fromEntries(given);
}

function mergeAssignment({ participant, steps }: Assignment): AttributesWrite {
  const current = new Map(Object.entries(participant.attributes ?? {}));
  const wanted = new Map(steps.flatMap(({ attributes }) => Object.entries(attributes)));
  const changes = Object.fromEntries([...wanted].filter(([key, value]) => current.get(key) !== value));
  const endings = new Map(
    steps.map(({ step, attributes }) => [step, endingOf(attributes, changes, current, participant.id)] as const),
  );
  return { participantId: participant.id, changes, endings };
}

function endingOf(
  attributes: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string>>,
  current: ReadonlyMap<string, string>,
  participantId: string,
): Ending {
  const entries = Object.entries(attributes);
  const written = entries.filter(([key, value]) => Object.hasOwn(changes, key) && changes[key] === value).map(([key]) => key);
  if (written.length > 0) return ending('applied', 'written', `attributes ${written.join(', ')} written`, participantId);
  if (entries.every(([key, value]) => current.get(key) === value)) {
    return ending(
      'unchanged',
      'already-set',
      entries.length === 0 ? 'nothing to set' : 'the values are there already',
      participantId,
    );
  }
  return ending('applied', 'superseded', 'a later event of the same batch set the same attributes', participantId);
}

/** Sends one PATCH. Recorded as our own first, so that the event it raises is recognised however early it comes. */
export async function sendAttributes(
  view: ConversationView,
  write: AttributesWrite,
  ownWrites: OwnWrites,
): Promise<AcceptedWrite> {
  const { participantId, changes } = write;
  await ownWrites.rememberAttributes(await view.conversation(), participantId, changes);
  const send = () =>
    view.write((version) => view.client.patchAttributes(view.conversationId, participantId, changes, { version }));
  const echo = await send();
  return {
    action: 'setAttributes',
    participantId,
    endings: write.endings,
    what: `attributes ${Object.keys(changes).join(', ')}`,
    echoed: echo !== null && holds(echo, changes),
    isVisible: (fresh) => {
      const participant = fresh.participants.find(({ id }) => id === participantId);
      return participant !== undefined && holds(participant.attributes ?? {}, changes);
    },
    repeat: send,
  };
}

function holds(attributes: Readonly<Record<string, string>>, changes: Readonly<Record<string, string>>): boolean {
  return Object.entries(changes).every(([key, value]) => Object.hasOwn(attributes, key) && attributes[key] === value);
}

function ending(kind: Ending['kind'], reason: Ending['reason'], detail: string, participantId: string | null): Ending {
  return { kind, reason, detail, participantId };
}
