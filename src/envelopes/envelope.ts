import { isObject, type JsonObject } from '../domain/json-object.ts';
import { textOrNull } from './json.ts';

/** The fields that every vendor's envelope has, before they are checked. */
export interface Envelope {
  /** The envelope's own id; `null` when it has none. */
  readonly id: string | null;
  readonly topic: unknown;
  /** The vendor's event body: what rules read as `event.body`. */
  readonly body: JsonObject;
  /** Next to the body, if a relay put it there; used when the body names no conversation. */
  readonly conversationId?: unknown;
  /** When the sender wrapped the event; used when the body has no `eventTime`. `null` and `undefined` are no time. */
  readonly sentAt: unknown;
  readonly correlationId: string | null;
}

/** `CorrelationId` of an envelope's `metadata`, in whatever case a relay writes it. */
export function correlationIdOf(metadata: unknown): string | null {
  if (!isObject(metadata)) return null;
  for (const name in metadata) {
    if (name.toLowerCase() === 'correlationid') return textOrNull(metadata[name]);
  }
  return null;
}
