import type { InboxEntry } from '../domain/inbox-entry.ts';
import { isObject } from '../domain/json-object.ts';
import { MEDIA_TYPES } from '../domain/media-types.ts';
import type { Conversation } from '../genesys/genesys-client.ts';

/** The maximum age of a snapshot that serves as a fetch. */
const FRESH_MS = 1_000;

/** A conversation as a notification channel has just shown it. */
export interface FreshSnapshot {
  readonly conversation: Conversation;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/**
 * The snapshot with which an entry came; `null` when it came with none, or another way than over our own authenticated socket, or
 * too long ago, or shows one medium only (then the fields of the communication are the participant's own).
 */
export function freshSnapshotOf({ via, event, receivedAt }: InboxEntry, now: number): FreshSnapshot | null {
  const { participants, id } = event.body;
  const ageMs = now - receivedAt;
  if (via !== 'notifications' || ageMs < 0 || ageMs >= FRESH_MS) return null;
  if (id !== event.conversationId || !Array.isArray(participants) || !participants.every(isWhole)) return null;
  return { conversation: event.body as unknown as Conversation, receivedAt };
}

function isWhole(participant: unknown): boolean {
  if (!isObject(participant) || typeof participant.id !== 'string') return false;
  return Object.keys(participant).some(
    (name) => Object.hasOwn(MEDIA_TYPES, name.toLowerCase()) && Array.isArray(participant[name]),
  );
}
