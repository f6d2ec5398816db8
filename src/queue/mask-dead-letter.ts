import type { Action } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { InboxEntry, Work } from '../domain/inbox-entry.ts';
import { MASKED_TEXT, maskValues } from '../domain/mask-values.ts';
import type { DeadLetter } from './dead-letters.ts';

/** An action without its values; each kind of action defines which of its fields are values. */
export type MaskAction = (action: Action) => Action;

/**
 * A dead letter as people see it, on the admin page and in a terminal: who, what and why, without the caller's numbers, the
 * values in the event body, attribute values and notes. Names stay, because a failed expression is reported by names. Only for
 * display: a replay uses the stored letter.
 */
export function maskDeadLetter(letter: DeadLetter, maskAction: MaskAction): DeadLetter {
  const { entry, raw } = letter;
  return {
    ...letter,
    entry: entry === null ? null : maskEntry(entry, maskAction),
    raw: raw === null ? null : `[${Buffer.byteLength(raw)} bytes]`,
  };
}

function maskEntry(entry: InboxEntry, maskAction: MaskAction): InboxEntry {
  return { ...entry, event: maskEvent(entry.event), work: maskWork(entry.work, maskAction) };
}

function maskEvent(event: ConversationEvent): ConversationEvent {
  const { ani, dnis, address, body } = event;
  return { ...event, ani: maskText(ani), dnis: maskText(dnis), address: maskText(address), body: maskValues(body) };
}

function maskWork(work: Work, maskAction: MaskAction): Work {
  if (work.kind !== 'command') return work;
  const target = work.target?.address === undefined ? work.target : { ...work.target, address: MASKED_TEXT };
  return { ...work, target, actions: work.actions.map(maskAction) };
}

function maskText(text: string | null): string | null {
  return text === null ? null : MASKED_TEXT;
}
