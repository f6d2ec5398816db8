import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renewPayload } from '../../../scripts/renew-payload.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';

const NOW_MS = Date.parse('2026-11-25T12:00:00.000Z');
const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'events');
const fixtures = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

test.each(fixtures)('%s is a new event of now', (name) => {
  const payload = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const renewed = renewPayload(payload, { nowMs: NOW_MS, newId: () => 'event-new' });
  const origin = { receivedAt: NOW_MS, deliveryKey: null };
  const [before] = parseDelivery(Buffer.from(JSON.stringify(payload)), origin);
  const [after] = parseDelivery(Buffer.from(JSON.stringify(renewed)), origin);
  expect(after).toMatchObject({ id: 'event-new', topic: before?.topic, conversationId: before?.conversationId });
  if (after !== undefined && 'occurredAt' in after) expect(after.occurredAt).toBe('2026-11-25T12:00:00.000Z');
});

test('keeps the form of each time, and the times when only the id is to be new', () => {
  const payload = { id: 'old', time: '2020-01-01T00:00:00Z', detail: { eventBody: { eventTime: 1_577_836_800_000 } } };
  expect(renewPayload(payload, { nowMs: NOW_MS, newId: () => 'new' })).toEqual({
    id: 'new',
    time: '2026-11-25T12:00:00.000Z',
    detail: { eventBody: { eventTime: NOW_MS } },
  });
  expect(renewPayload(payload, { nowMs: null, newId: () => 'new' })).toEqual({ ...payload, id: 'new' });
});
