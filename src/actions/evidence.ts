import type { ActionType } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { digestValue, digestValues, type Evidence, type Shown } from '../domain/evidence.ts';
import { isObject } from '../domain/json-object.ts';
import type { Conversation, Participant } from '../genesys/genesys-client.ts';
import type { ActionKind } from './action-kind.ts';
import type { Write } from './write.ts';

type Kinds = readonly Pick<ActionKind, 'type' | 'reportedBy' | 'shownBy'>[];

/** What events show of what these kinds write. */
export function evidenceFor(kinds: Kinds) {
  return {
    mayShow: (event: ConversationEvent) =>
      Array.isArray(event.body.participants) || kinds.some((kind) => kind.reportedBy(event) !== null),
    evidenceOf: (event: ConversationEvent) => evidenceOf(event, kinds),
  };
}

/** `null` when it shows nothing of what the kinds write. */
function evidenceOf(event: ConversationEvent, kinds: Kinds): Evidence | null {
  const at = Date.parse(event.occurredAt);
  const { participants } = event.body;
  if (Array.isArray(participants)) return { at, participants: shownIn(participants.filter(isObject), kinds) };
  if (event.participantId === null) return null;
  const reports = kinds.flatMap((kind) => {
    const report = kind.reportedBy(event);
    return report === null ? [] : Object.entries(report).map(([name, value]) => [nameOf(kind.type, name), value] as const);
  });
  return reports.length === 0 ? null : { at, participants: [{ id: event.participantId, shown: toShown(reports) }] };
}

/** @param at epoch milliseconds at which the fetch was requested */
export function evidenceIn({ participants }: Conversation, at: number, kinds: Kinds): Evidence {
  return { at, participants: shownIn(participants, kinds) };
}

/** Whether everything that was written lately is shown; `recent` as `OwnWrites` returns it, without the names of kinds. */
export function showsAll({ participants }: Evidence, recent: ReadonlyMap<string, Readonly<Record<string, string>>>): boolean {
  return [...recent].every(([participantId, changes]) => {
    const shown = Object.entries(participants.find(({ id }) => id === participantId)?.shown ?? {});
    return Object.entries(changes).every(([name, digest]) =>
      shown.some(([named, digests]) => named.slice(named.indexOf('/') + 1) === name && digests.includes(digest)),
    );
  });
}

/** The digests that prove a write; `null` when no event can. */
export function proofOf({ proof }: Write, type: ActionType): Readonly<Record<string, string>> | null {
  if (proof === undefined || Object.keys(proof).length > MOST_NAMES) return null;
  return digestValues(Object.fromEntries(Object.entries(proof).map(([name, value]) => [nameOf(type, name), value])));
}

/** A larger write is read back at once, because each of its steps would keep all its digests in Redis. */
const MOST_NAMES = 32;

function shownIn(participants: readonly Participant[], kinds: Kinds): Evidence['participants'] {
  return participants.flatMap((participant) => {
    if (typeof participant.id !== 'string') return [];
    const pairs = kinds.flatMap((kind) =>
      kind.shownBy(participant).map(([name, value]) => [nameOf(kind.type, name), value] as const),
    );
    return { id: participant.id, shown: toShown(pairs) };
  });
}

function toShown(pairs: readonly (readonly [string, unknown])[]): Shown {
  const grouped = Map.groupBy(
    pairs.filter(([, value]) => value !== undefined),
    ([name]) => name,
  );
  return Object.fromEntries(Array.from(grouped, ([name, values]) => [name, values.map(([, value]) => digestValue(value))]));
}

/** Two kinds may give the same name to different things. */
function nameOf(type: ActionType, name: string): string {
  return `${type}/${name}`;
}
