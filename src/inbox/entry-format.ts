import type { InboxEntry } from '../domain/inbox-entry.ts';

/**
 * As stored: JSON that begins with `version` and `receivedAt`, so that `settle.lua` can tell the age of an inbox's
 * head without decoding what comes after.
 */
export function encodeEntry({ version, receivedAt, ...rest }: InboxEntry): string {
  return JSON.stringify({ version, receivedAt, ...rest });
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
  if (!isRecord(value) || value.version !== 1) return false;
  return (
    typeof value.id === 'string' &&
    typeof value.receivedAt === 'number' &&
    typeof value.traceparent === 'string' &&
    typeof value.attempts === 'number' &&
    isRecord(value.outcomes) &&
    isRecord(value.event) &&
    typeof value.event.conversationId === 'string' &&
    isRecord(value.event.body) &&
    isWork(value.work)
  );
}

function isWork(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return value.kind === 'rules' ? Array.isArray(value.rules) : value.kind === 'command' && Array.isArray(value.actions);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
