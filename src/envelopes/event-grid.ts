import { isObject, type JsonObject } from '../domain/json-object.ts';
import type { Envelope } from './envelope.ts';
import { readEventBridge } from './event-bridge.ts';
import { textOrNull } from './json.ts';
import { readNotification } from './notification.ts';

/**
 * Azure Event Grid, if a relay passes an EventBridge event on: `{ id, subject, eventType, data: { message: <the event> },
 * dataVersion, eventTime }` (Genesys's blueprint for it writes `data.message`), or the same in the schema of CloudEvents
 * (`specversion`, `type`, `time`).
 * Topic, time and id come from the event inside. Event Grid's own id is used if that event has none. `null` when the event does
 * not have this shape.
 */
export function readEventGrid(event: JsonObject): Envelope | null {
  const { data } = event;
  if (!isObject(data) || !(isEventGridSchema(event) || typeof event.specversion === 'string')) return null;
  const relayed = isObject(data.message) ? data.message : data;
  const envelope = readEventBridge(relayed) ?? readNotification(relayed);
  if (envelope === null) return null;
  return { ...envelope, id: envelope.id ?? textOrNull(event.id) };
}

function isEventGridSchema({ eventType, subject, dataVersion }: JsonObject): boolean {
  return typeof eventType === 'string' && typeof subject === 'string' && dataVersion !== undefined;
}
