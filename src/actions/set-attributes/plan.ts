import type { Conversation, Participant } from '../../genesys/genesys-client.ts';
import { isConversationComplete } from '../../genesys/participant-state.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import { createLoopTurns } from '../../rules/loop-turns.ts';
import { type Ending, ending, requireParticipant, type Step } from '../step.ts';
import type { SetAttributes } from './action.ts';

/** One PATCH: what changes on one participant, merged over all steps that touch it. */
export interface AttributesChange {
  readonly participant: IdentifiedParticipant;
  /** Only keys whose value differs from what was fetched. */
  readonly changes: Readonly<Record<string, string>>;
  readonly endings: ReadonlyMap<Step, Ending>;
}

export interface AttributesPlan {
  readonly changes: readonly AttributesChange[];
  readonly endings: ReadonlyMap<Step, Ending>;
  readonly failures: ReadonlyMap<Step, unknown>;
}

interface Assignment {
  readonly participant: IdentifiedParticipant;
  readonly steps: { step: Step; attributes: Readonly<Record<string, string>> }[];
}

/** What is rendered for all batches of the process. */
const TURNS = createLoopTurns();

/** Returns what to send so that every step holds. Later steps win over earlier ones on the same key. */
export async function planAttributes(conversation: Conversation, steps: readonly Step<SetAttributes>[]): Promise<AttributesPlan> {
  const endings = new Map<Step, Ending>();
  const failures = new Map<Step, unknown>();
  const assignments = new Map<string, Assignment>();
  for (const step of steps) {
    try {
      const placed = await TURNS.take(() => placeStep(step, conversation));
      if ('kind' in placed) endings.set(step, placed);
      else assign(assignments, step, placed);
    } catch (error) {
      failures.set(step, error);
    }
  }
  const changes: AttributesChange[] = [];
  for (const assignment of assignments.values()) {
    const change = mergeAssignment(assignment);
    if (Object.keys(change.changes).length > 0) changes.push(change);
    else for (const [step, unchanged] of change.endings) endings.set(step, unchanged);
  }
  return { changes, endings, failures };
}

interface Placed {
  readonly participant: IdentifiedParticipant;
  readonly attributes: Readonly<Record<string, string>>;
}

function placeStep(step: Step<SetAttributes>, conversation: Conversation): Placed | Ending {
  if (isConversationComplete(conversation)) return ending('skipped', 'conversation-ended', 'the conversation is complete');
  const participant = requireParticipant(step, conversation);
  return { participant, attributes: attributesOf(step, conversation, participant) };
}

function attributesOf(step: Step<SetAttributes>, conversation: Conversation, participant: Participant): Record<string, string> {
  const { attributes } = step.render(conversation, participant);
  const given = Object.entries(attributes).filter((pair): pair is [string, string] => pair[1] !== null);
  return Object.fromEntries(given);
}

function assign(assignments: Map<string, Assignment>, step: Step, { participant, attributes }: Placed): void {
  const assignment = assignments.get(participant.id) ?? { participant, steps: [] };
  assignment.steps.push({ step, attributes });
  assignments.set(participant.id, assignment);
}

function mergeAssignment({ participant, steps }: Assignment): AttributesChange {
  const current = new Map(Object.entries(participant.attributes ?? {}));
  const wanted = new Map(steps.flatMap(({ attributes }) => Object.entries(attributes)));
  const changes = Object.fromEntries([...wanted].filter(([key, value]) => current.get(key) !== value));
  const endings = new Map(
    steps.map(({ step, attributes }) => [step, endingOf(attributes, changes, current, participant.id)] as const),
  );
  return { participant, changes, endings };
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
    const detail = entries.length === 0 ? 'nothing to set' : 'the values are there already';
    return ending('unchanged', 'already-set', detail, participantId);
  }
  return ending('applied', 'superseded', 'a later event of the same batch set the same attributes', participantId);
}
