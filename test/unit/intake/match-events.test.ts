import { setImmediate as nextIteration } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createMatchEvents } from '../../../src/intake/match-events.ts';
import type { Candidate } from '../../../src/rules/rule-matcher.ts';
import { sampleEvent } from '../../sample-entry.ts';

const recordRuleTimeUsedUp = vi.hoisted(() => vi.fn());
vi.mock('../../../src/telemetry/metrics.ts', () => ({ recordRuleTimeUsedUp, showConditionFailuresFromZero: () => {} }));
beforeEach(() => recordRuleTimeUsedUp.mockClear());

const event = sampleEvent();
const order: string[] = [];
const matchNever: Candidate = { name: 'never', judge: () => 'condition-false' };

/** Holds the event loop for so long, as a slow condition does. */
function holding(name: string, ms: number): Candidate {
  const hold = () => {
    order.push(name);
    const until = performance.now() + ms;
    while (performance.now() < until);
    return 'matched' as const;
  };
  return { name, judge: (_event, time) => (time.isUsedUp ? 'condition-failed' : time.spend(hold)) };
}

function rulesOf(...candidates: Candidate[]) {
  return { rules: new Map(), candidates: () => candidates };
}

function create() {
  const warnings: unknown[] = [];
  order.length = 0;
  return { match: createMatchEvents({ warn: (fields, message) => warnings.push([fields, message]) }), warnings };
}

function toVerdict(text: string) {
  const [rule, verdict] = text.split(' ');
  return { rule, verdict };
}

describe('createMatchEvents', () => {
  it('has a verdict for each rule of each event, in their order', async () => {
    const { match, warnings } = create();
    expect(await match([event, event], rulesOf(holding('a', 0), matchNever, holding('b', 0)))).toEqual(
      [
        ['a matched', 'never condition-false', 'b matched'],
        ['a matched', 'never condition-false', 'b matched'],
      ].map((verdicts) => verdicts.map(toVerdict)),
    );
    expect([warnings, recordRuleTimeUsedUp.mock.calls.length]).toEqual([[], 0]);
  });

  it('stops judging when the time of the delivery is used up, with a line and a metric', async () => {
    const { match, warnings } = create();
    const judged = await match([event, event], rulesOf(holding('a', 260), holding('b', 0)));
    const matched = judged.map((verdicts) => verdicts.filter(({ verdict }) => verdict === 'matched').map(({ rule }) => rule));
    expect(matched).toEqual([['a'], []]);
    expect(recordRuleTimeUsedUp).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([
      [
        { conversationId: event.conversationId, events: 2, limitMs: 250 },
        'the conditions of a delivery took too long; those that were left count as failed',
      ],
    ]);
  });

  it('lets the event loop go on between slow conditions, one delivery in each iteration', async () => {
    const { match } = create();
    const deliveries = ['a', 'b', 'c'].map((name) => match([event], rulesOf(holding(name, 21), holding(name, 21))));
    const rounds: string[] = [];
    while (order.length < 6) {
      const before = order.length;
      await nextIteration();
      rounds.push(order.slice(before).join(''));
    }
    await Promise.all(deliveries);
    expect(order).toHaveLength(6);
    expect(Math.max(...rounds.map((round) => round.length))).toBe(1);
  });
});
