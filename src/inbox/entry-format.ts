import type { InboxEntry } from '../domain/inbox-entry.ts';
import { isObject } from '../domain/json-object.ts';

/**
 * As stored: JSON that begins with `version` and `receivedAt`, so that `settle.lua` can tell the age of an inbox's
 * head without decoding what comes after.
 */
export function encodeEntry(entry: InboxEntry): string {
  const { version, receivedAt, id, event, work, traceparent, attempts, outcomes, replayed } = entry;
  // JSON leaves out what is undefined.
  const stored: Record<keyof InboxEntry, unknown> = {
    version,
    receivedAt,
    id,
    event,
    work,
    traceparent,
    attempts,
    replayed,
    outcomes,
  };
  return JSON.stringify(stored);
}

/** `null` when the text is no entry of a version that this release reads. */
export function decodeEntry(text: string): InboxEntry | null {
  try {
    const value: unknown = JSON.parse(text);
    return isEntry(value) ? value : null;
  } catch {
    return null;
  }
}

/** Only hookpatch writes entries, so this guards against other versions and damage, not against a sender. */
function isEntry(value: unknown): value is InboxEntry {
  if (!isObject(value) || value.version !== 1) return false;
  return (
    typeof value.id === 'string' &&
    typeof value.receivedAt === 'number' &&
    typeof value.traceparent === 'string' &&
    typeof value.attempts === 'number' &&
    isObject(value.outcomes) &&
    isObject(value.event) &&
    typeof value.event.conversationId === 'string' &&
    isObject(value.event.body) &&
    isWork(value.work)
  );
}

function isWork(value: unknown): boolean {
  if (!isObject(value)) return false;
  return value.kind === 'rules' ? Array.isArray(value.rules) : value.kind === 'command' && Array.isArray(value.actions);
}
