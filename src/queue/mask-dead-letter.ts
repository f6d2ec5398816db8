import type { Action } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { InboxEntry, Work } from '../domain/inbox-entry.ts';
import type { DeadLetter } from './dead-letters.ts';

/**
 * A dead letter as people see it, on the board and in a terminal: who, what and why, without the caller's numbers, the
 * values in the event body, attribute values and notes. Names stay, because an expression that failed names them.
 * Only for showing: what is replayed is what is stored.
 */
export function maskDeadLetter(letter: DeadLetter): DeadLetter {
  const { entry, raw } = letter;
  return {
    ...letter,
    entry: entry === null ? null : maskEntry(entry),
    raw: raw === null ? null : `[${Buffer.byteLength(raw)} bytes]`,
  };
}

function maskEntry(entry: InboxEntry): InboxEntry {
  return { ...entry, event: maskEvent(entry.event), work: maskWork(entry.work) };
}

function maskEvent(event: ConversationEvent): ConversationEvent {
  const { ani, dnis, address, body } = event;
  return { ...event, ani: maskText(ani), dnis: maskText(dnis), address: maskText(address), body: maskValues(body) };
}

function maskWork(work: Work): Work {
  if (work.kind === 'rules') return work;
  const target = work.target?.address === undefined ? work.target : { ...work.target, address: MASKED_TEXT };
  return { ...work, target, actions: work.actions.map(maskAction) };
}

function maskAction(action: Action): Action {
  if (action.type === 'setAttributes') return { ...action, attributes: maskValues(action.attributes) };
  if (action.type === 'applyWrapup') return action.notes === undefined ? action : { ...action, notes: MASKED_TEXT };
  return action.address === undefined ? action : { ...action, address: MASKED_TEXT };
}

const MASKED_TEXT = '[string]';

function maskText(text: string | null): string | null {
  return text === null ? null : MASKED_TEXT;
}

/** The type of each value in its place: tells a missing field from a wrong one and gives nothing away. */
function maskValues(fields: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === null ? null : `[${typeOf(value)}]`]));
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
