import { describe, expect, it } from 'vitest';
import { eventBridgeEvent } from '../../../bench/workload/event.ts';
import { conversationIdsOf, planEvents, type Workload } from '../../../bench/workload/plan.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';

const steady: Workload = { kind: 'steady', salt: 'a', events: 10, conversations: 4, perSecond: 100 };
const calls: Workload = { kind: 'calls', salt: 'a', calls: 5, gapMs: 10, staggerMs: 15 };

describe.each([
  ['steady', steady],
  ['calls', calls],
])('a workload of the kind %s', (_, workload) => {
  const planned = planEvents(workload);

  it('is the same each time, and shares no event with one of another salt', () => {
    expect(planEvents(workload)).toEqual(planned);
    const other = new Set(planEvents({ ...workload, salt: 'b' }).flatMap(({ id, conversationId }) => [id, conversationId]));
    expect(planned.filter(({ id, conversationId }) => other.has(id) || other.has(conversationId))).toEqual([]);
  });

  it('sends the events of a conversation in order, each once', () => {
    expect(new Set(planned.map(({ id }) => id)).size).toBe(planned.length);
    for (const conversationId of conversationIdsOf(workload)) {
      const positions = planned.filter((event) => event.conversationId === conversationId).map(({ position }) => position);
      expect(positions).toEqual(positions.map((_, index) => index));
    }
  });
});

it('steady events come at their rate', () => {
  expect(planEvents(steady).map(({ atMs }) => atMs)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
});

it('calls have 8 to 12 events', () => {
  const counts = conversationIdsOf(calls).map((id) => planEvents(calls).filter((event) => event.conversationId === id).length);
  expect(counts).toEqual([8, 9, 10, 11, 12]);
});

it('an event is one that the service reads, with the id that was planned', () => {
  const [planned] = planEvents(calls);
  if (planned === undefined) throw new Error('nothing planned');
  const raw = Buffer.from(JSON.stringify(eventBridgeEvent(planned, new Date())));
  const [event] = parseDelivery(raw, { receivedAt: Date.now(), deliveryKey: null });
  expect(event).toMatchObject({ id: planned.id, conversationId: planned.conversationId, mediaType: 'VOICE' });
});
