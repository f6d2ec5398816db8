import { isObject, type JsonObject } from '../src/domain/json-object.ts';

/** What is made new in each event of a payload. */
export interface Renewal {
  /** Epoch milliseconds that every time of an event is set to; `null` keeps the times. */
  readonly nowMs: number | null;
  newId(): string;
}

const TIME_FIELDS = ['eventTime', 'timestamp', 'time'];

/** A new event of each event of the payload: another id and, where asked for, another time. Anything else stays as it is. */
export function renewPayload(payload: unknown, renewal: Renewal): unknown {
  if (Array.isArray(payload)) return payload.map((event) => renewPayload(event, renewal));
  if (!isObject(payload)) return payload;
  const id = renewal.newId();
  return withId(renewal.nowMs === null ? payload : renewTimes(payload, renewal.nowMs), id);
}

/** Every envelope reads `id`; a flat event's `eventId` comes before it, and in Event Grid that of the relayed event does. */
function withId(event: JsonObject, id: string): JsonObject {
  const { data } = event;
  const message = isObject(data) ? data.message : undefined;
  const relayed = isObject(data) && isObject(message) ? { data: { ...data, message: withId(message, id) } } : {};
  return { ...event, ...relayed, ...('eventId' in event ? { eventId: id } : {}), id };
}

/** The times of an envelope, of the event that it relays, of its `detail` and of the body: those that are there, each in the form that it has. */
function renewTimes(object: JsonObject, nowMs: number): JsonObject {
  const times = TIME_FIELDS.filter((field) => field in object).map((field) => [field, inFormOf(object[field], nowMs)]);
  const nested = ['data', 'message', 'detail', 'eventBody'].flatMap((field) => {
    const value = object[field];
    return isObject(value) ? [[field, renewTimes(value, nowMs)]] : [];
  });
  return { ...object, ...Object.fromEntries([...times, ...nested]) };
}

function inFormOf(value: unknown, nowMs: number): unknown {
  if (typeof value === 'number') return nowMs;
  if (typeof value === 'string' && /^\d+$/.test(value)) return String(nowMs);
  return new Date(nowMs).toISOString();
}
