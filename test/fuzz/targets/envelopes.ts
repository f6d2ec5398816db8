import { isAboutConversation } from '../../../src/domain/delivered-event.ts';
import { EnvelopeError } from '../../../src/envelopes/envelope-error.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';
import { readAllFixtures } from '../../unit/envelopes/fixtures.ts';
import { damageBytes } from '../damage-bytes.ts';
import { damageJson } from '../damage-json.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const ORIGIN = { receivedAt: 1_795_213_800_000, deliveryKey: null };
const SEEDS = readAllFixtures().map(({ raw }) => ({ raw, value: JSON.parse(raw.toString()) as unknown }));
const TOKENS = [
  ...['"', '\\', '{', '}', '[', ']', ':', ',', 'null', '1e999', '-0', '\\u0000', '\\ud800', '\0', '\ufeff', '{"a":', '[['],
  ...['"__proto__":{"polluted":true},', '"constructor":{},', '"conversationId":"..",', '"conversationId":"a/b",', '"id":"\\n",'],
  ...['['.repeat(200), '"topicName":"v2.users.x.conversations",', '"eventTime":9e99,', '/', '%2e%2e'],
];

/** Bytes to events: nothing but `EnvelopeError` is thrown, and what is taken is whole and safe to store. */
export const envelopes: FuzzTarget = {
  name: 'envelopes',
  share: 0.45,
  createTrial(random) {
    const { raw, value } = random.pick(SEEDS);
    const input = random.chance(0.5) ? Buffer.from(damageJson(value, random)) : damageBytes(raw, random, TOKENS);
    return { holds: () => holds(input), show: () => JSON.stringify(input.toString('latin1')) };
  },
};

function holds(input: Buffer): boolean {
  const events = parseOrRefuse(input);
  mustHold(!('polluted' in {}), 'Object.prototype is untouched');
  for (const event of events ?? []) {
    mustHold(/^[\x20-\x7e]{1,200}$/.test(event.id), 'an id is 1 to 200 printable characters');
    mustHold(/^[\x20-\x7e]{1,600}$/.test(event.topic), 'a topic is printable');
    if (!isAboutConversation(event)) continue;
    mustHold(/^[A-Za-z0-9_.:-]{1,128}$/.test(event.conversationId), 'a conversation id is safe in a path');
    mustHold(event.conversationId !== '.' && event.conversationId !== '..', 'a conversation id is no step in a path');
    mustHold(new Date(event.occurredAt).toISOString() === event.occurredAt, 'a time is ISO 8601');
    mustHold(Object.getPrototypeOf(event.body) === Object.prototype, 'a body is a plain object');
    mustHold(isSafe(event.body, 100), 'a body has no member __proto__ and at most 100 levels');
    mustHold(JSON.stringify(JSON.parse(JSON.stringify(event))) === JSON.stringify(event), 'an event can be stored');
  }
  return events !== null;
}

function isSafe(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && !Object.hasOwn(value, '__proto__') && Object.values(value).every((inner) => isSafe(inner, levels - 1));
}

function parseOrRefuse(input: Buffer) {
  try {
    return parseDelivery(input, ORIGIN);
  } catch (error) {
    if (error instanceof EnvelopeError) return null;
    throw error;
  }
}
