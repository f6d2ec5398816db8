import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLines, encodeLines } from '../../../src/story/encode-line.ts';
import { packId, unpackId } from '../../../src/story/pack-id.ts';
import type { EndedLine, ReceivedLine, StoryLine } from '../../../src/story/story-line.ts';

const anyId = fc.oneof(
  fc.uuid(),
  fc.stringMatching(/^[0-9a-f]{16,64}$/),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('~abc', '#abc', '=', '=~abc'),
);
const at = fc.nat({ max: 2_000_000_000_000 });
const ruleName = fc.stringMatching(/^[a-z][a-z-]{0,20}$/);

const received: fc.Arbitrary<ReceivedLine> = fc.record({
  kind: fc.constant('received' as const),
  at,
  eventId: anyId,
  topic: fc.constantFrom('v2.detail.events.conversation.{id}.acw', 'v2.routing.queues.{id}.conversations', 'hookpatch.command'),
  status: fc.constantFrom('accepted' as const, 'duplicate' as const, 'ignored' as const),
  via: fc.constantFrom('webhook' as const, 'notifications' as const, 'look' as const),
  rules: fc.array(
    fc.record({
      rule: ruleName,
      verdict: fc.constantFrom('matched' as const, 'condition-false' as const, 'condition-failed' as const),
    }),
  ),
  traceId: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/)),
});
const waiting: fc.Arbitrary<StoryLine> = fc.record({
  kind: fc.constant('waiting' as const),
  at,
  eventId: anyId,
  until: at,
  because: fc.string({ maxLength: 200 }),
});
const ended: fc.Arbitrary<EndedLine> = fc.record({
  kind: fc.constant('ended' as const),
  at,
  eventId: anyId,
  outcomes: fc.array(
    fc.record({
      rule: fc.option(ruleName),
      action: fc.constantFrom('transfer' as const, null),
      kind: fc.constantFrom('applied' as const, 'dead-lettered' as const),
      reason: ruleName,
      detail: fc.option(fc.string({ maxLength: 200 })),
      participantId: fc.option(anyId),
      correlationId: fc.option(anyId),
    }),
  ),
  calls: fc.array(
    fc.record({
      stage: fc.oneof(fc.stringMatching(/^[a-z]{2}[a-z-]{0,20}$/), fc.constant('get-conversation')),
      status: fc.constantFrom('200', '503', 'timeout'),
      correlationId: fc.option(fc.oneof(fc.uuid(), fc.stringMatching(/^[\w.:-]{1,40}$/))),
    }),
  ),
});

test('a line comes back as it was', () => {
  const line = fc.oneof<fc.Arbitrary<StoryLine>[]>(received, waiting, ended);
  fc.assert(fc.property(line, (each) => void expect(decodeLines(encodeLines([each]))).toEqual([each])));
  fc.assert(
    fc.property(received, ended, (first, last) => {
      const { eventId } = first;
      const own = last.outcomes.map((each, index) => ({ ...each, rule: first.rules[index]?.rule ?? each.rule }));
      const end = { ...last, eventId, outcomes: own };
      expect(decodeLines(encodeLines([first, end]))).toEqual([first, end]);
    }),
  );
});

test('an id comes back as it was', () => {
  fc.assert(fc.property(anyId, (id) => void expect(unpackId(packId(id))).toBe(id)));
});

test('what is no line is left out', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void expect(() => decodeLines(text)).not.toThrow()));
  expect(decodeLines('["z",1]')).toEqual([]);
});
