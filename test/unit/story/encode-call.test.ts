import { createSecretKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeys } from '../../../src/redis/keys.ts';
import { createCallEncoder, type Recorded } from '../../../src/story/encode-call.ts';
import type { ReceivedLine } from '../../../src/story/story-line.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.parse('2026-11-25T12:00:00Z');
const secret = createSecretKey(Buffer.alloc(32, 7));

function recorded(conversationId: string, eventId: string, { at = NOON, address = '+13175550100' } = {}): Recorded {
  const line: ReceivedLine = {
    kind: 'received',
    at,
    eventId,
    topic: 'v2.detail.events.conversation.{id}.acw',
    status: 'ignored',
    via: 'webhook',
    rules: [],
    traceId: null,
  };
  return { conversationId, lines: [line], address };
}

function createEncoder() {
  const encoder = createCallEncoder(createKeys('{test}'));
  // Apart from the list of the hour and the stories.
  const terms = (...lines: Recorded[]) =>
    encoder.encode(lines, secret).keys.filter((key) => !key.endsWith(':all') && !key.includes(':story:'));
  return { encoder, terms };
}

test('an address is entered once an hour for its conversation, in whatever spelling it comes, and again after a failed call', () => {
  const { encoder, terms } = createEncoder();
  expect(terms(recorded('c-1', 'e-1'), recorded('c-1', 'e-2'), recorded('c-2', 'e-3'))).toHaveLength(5);
  expect(terms(recorded('c-1', 'e-4'))).toHaveLength(1);
  expect(terms(recorded('c-1', 'e-5', { address: '+13175550199' }))).toHaveLength(2);
  expect(terms(recorded('c-1', 'e-6', { at: NOON + HOUR_MS, address: '+13175550199' }))).toHaveLength(2);
  const [ofEvent, ofAddress] = terms(recorded('c-3', 'e-7'));
  expect(terms(recorded('c-4', 'e-7', { address: 'tel:+1 (317) 555-0100' }))).toEqual([ofEvent, ofAddress]);
  encoder.forget();
  expect(terms(recorded('c-1', 'e-8', { at: NOON + HOUR_MS, address: '+13175550199' }))).toHaveLength(2);
});

test('the lines of a conversation are together in a call, which names its story and each id once', () => {
  const { encoder } = createEncoder();
  const { keys, args } = encoder.encode([recorded('c-1', 'e-1'), recorded('c-2', 'e-2'), recorded('c-1', 'e-1')], null);
  expect(keys).toHaveLength(1 + 2 * 2);
  const [conversations, bytes, ...texts] = args;
  expect(conversations).toBe(2);
  expect(bytes).toHaveLength(2 * (8 + 2 + 2 + 5));
  expect(texts.map((text) => String(text).slice(0, 3))).toEqual(['c-1', '["r', '["r', 'c-2', '["r']);
});
