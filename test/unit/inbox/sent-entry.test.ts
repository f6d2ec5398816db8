import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InboxEntry, newEntry, type SentEvent, writtenOut } from '../../../src/domain/inbox-entry.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';
import { decodeEntry, encodeEntry } from '../../../src/inbox/entry-format.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const RECEIVED_AT = 1_763_640_000_000;
const OUTCOME: Outcome = {
  kind: 'skipped',
  reason: 'own-write',
  detail: 'a line\nand\u2028another',
  rule: 'tag',
  action: null,
  participantId: null,
};

function entryOf(sent: SentEvent, changes: Partial<InboxEntry> = {}): InboxEntry {
  const [event] = parseDelivery(Buffer.from(sent.text), { receivedAt: RECEIVED_AT, deliveryKey: sent.deliveryKey });
  if (event?.conversationId == null) throw new Error('no event of a conversation');
  const origin = { receivedAt: RECEIVED_AT, traceparent: TRACEPARENT, via: 'webhook' } as const;
  return { ...newEntry(event, { kind: 'rules', rules: ['tag-trace', 'wrap-up'] }, origin, sent), ...changes };
}

const flat = (fields: object) => JSON.stringify({ topicName: 'v2.x.conversations.y', conversationId: 'c-1', ...fields });
const sentAs = (text: string, deliveryKey: string | null = null): SentEvent => ({ text, deliveryKey });

describe('an entry with the event as it was sent', () => {
  it('is a short header and the delivery, byte for byte', () => {
    const text = '{ "topicName": "v2.x.conversations.y",\n "conversationId": "c-1" }';
    expect(encodeEntry(entryOf(sentAs(text)))).toBe(`2 ${RECEIVED_AT} ${TRACEPARENT} tag-trace,wrap-up\n${text}`);
  });

  it('gives back what was parsed at the door, whatever the sender wrote', () => {
    const body = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue());
    const key = fc.option(fc.string({ unit: 'binary', minLength: 1 }));
    fc.assert(
      fc.property(body, key, (fields, deliveryKey) => {
        const entry = entryOf(
          sentAs(flat({ ...fields, eventTime: RECEIVED_AT, id: 'e-1', conversation: null, participants: null }), deliveryKey),
        );
        expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
      }),
    );
  });

  it.each<[string, Partial<InboxEntry>]>([
    ['tries and outcomes', { attempts: 3, outcomes: { 'tag/0': OUTCOME } }],
    ['a rule that nobody knows', { unknownSince: RECEIVED_AT + 1 }],
    ['a retry of a person', { replayed: true }],
    ['how it came, and what other rules made of it', { via: 'notifications', missed: { other: 'condition-false' } }],
  ])('keeps %s', (_, changes) => {
    const entry = entryOf(sentAs(flat({}), 'key with spaces and {braces}'), changes);
    expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
  });

  it('has the time of receipt for an event without a time', () => {
    const entry = entryOf(sentAs(flat({})));
    expect(decodeEntry(encodeEntry(entry))?.event.occurredAt).toBe(new Date(RECEIVED_AT).toISOString());
  });

  it('is written out where its header would not be plain, and in a dead letter', () => {
    const odd = entryOf(sentAs(flat({})), { work: { kind: 'rules', rules: ['a b'] } });
    expect(decodeEntry(encodeEntry(odd))).toEqual(writtenOut(odd));
    const letter = writtenOut(entryOf(sentAs(flat({}))));
    expect(decodeEntry(JSON.stringify(letter))).toEqual(letter);
  });

  /** Entries wait across an upgrade. A parser that returned another event for them needs a new version of the format. */
  it('means in each release what it meant in the first', () => {
    const delivery = JSON.stringify({
      id: '0b1c2d3e-4f5a-4b6c-8d7e-9f0a1b2c3d4e',
      'detail-type': 'v2.detail.events.conversation.{id}.user.end',
      detail: {
        topicName: 'v2.detail.events.conversation.c-1.user.end',
        eventBody: {
          eventTime: 1_763_639_999_000,
          conversationId: 'c-1',
          sessionId: 's-1',
          mediaType: 'voice',
          direction: 'INBOUND',
          ani: 'tel:+1',
          queueId: 'q-1',
        },
        metadata: { CorrelationId: 'x-1' },
      },
    });
    expect(decodeEntry(`2 ${RECEIVED_AT} ${TRACEPARENT} tag {"attempts":1}\n${delivery}`)).toMatchObject({
      id: '0b1c2d3e-4f5a-4b6c-8d7e-9f0a1b2c3d4e',
      attempts: 1,
      work: { kind: 'rules', rules: ['tag'] },
      event: {
        topic: 'v2.detail.events.conversation.{id}.user.end',
        conversationId: 'c-1',
        occurredAt: '2025-11-20T11:59:59.000Z',
        communicationId: 's-1',
        mediaType: 'VOICE',
        queueId: 'q-1',
        address: 'tel:+1',
        correlationId: 'x-1',
      },
    });
    const withoutId = flat({ eventTime: RECEIVED_AT, b: 1, a: [2] });
    expect(decodeEntry(`2 ${RECEIVED_AT} ${TRACEPARENT} tag\n${withoutId}`)?.id).toBe(
      '49aada1a62072f33cc0948409954db7cc51738a71becd029e02abf50ec43af43',
    );
  });

  const whole = encodeEntry(entryOf(sentAs(flat({}))));
  it.each([
    ['no delivery', whole.slice(0, whole.indexOf('\n'))],
    ['half a delivery', whole.slice(0, -5)],
    ['no rule', whole.replace('tag-trace,wrap-up', '')],
    ['an empty rule', whole.replace('tag-trace,', ',')],
    ['no trace', whole.replace(TRACEPARENT, '')],
    ['a time in the future', whole.replace(String(RECEIVED_AT), '9'.repeat(15))],
    ['a time that is none', whole.replace(String(RECEIVED_AT), 'now')],
    ['progress that is none', whole.replace('\n', ' {"attempts":-1}\n')],
    ['an outcome that is none', whole.replace('\n', ' {"outcomes":{"x":null}}\n')],
    ['progress that is no JSON', whole.replace('\n', ' {"attempts":}\n')],
    ['several events', `${whole.slice(0, whole.indexOf('\n'))}\n[${flat({})},${flat({})}]`],
    ['an event of no conversation', `${whole.slice(0, whole.indexOf('\n'))}\n{"topicName":"v2.audits.x"}`],
    ['a delivery that is too deep', whole.replace('"c-1"', `"c-1","deep":${'['.repeat(100)}${']'.repeat(100)}`)],
  ])('is null for %s', (_, text) => {
    expect(text).not.toBe(whole);
    expect(decodeEntry(text)).toBeNull();
  });
});
