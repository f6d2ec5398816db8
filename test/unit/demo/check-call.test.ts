import { describe, expect, test } from 'vitest';
import { TRACE_ID } from '../../../demo/calls/demo-call.ts';
import { differences, type Evidence } from '../../../demo/check-call.ts';
import { seedConversation } from '../../../simulator/seed-conversation.ts';
import { outcome, playedCall, playedDelivery } from './played.ts';

const evidence = (participant: object, requests: readonly object[] = []): Evidence => ({
  conversation: seedConversation({ id: 'c1', participants: [{ id: 'p1', ...participant }] }, 0),
  requests: requests as Evidence['requests'],
});
const write = { executed: true, write: { kind: 'attributes', attributes: {} }, status: 202 };

describe('a call is as expected', () => {
  test('when outcomes, attributes and traffic are', () => {
    const played = playedCall([playedDelivery({})], {
      outcomes: ['tag-trace: setAttributes applied (written)'],
      attributes: { participantId: 'p1', values: { tier: 'gold', 'otel.traceId': TRACE_ID } },
      writes: 1,
    });
    expect(differences(played, evidence({ attributes: { tier: 'gold', 'otel.traceId': 'trace-1' } }, [write]))).toEqual([]);
  });
});

describe('a call is not as expected', () => {
  test('when an outcome is missing, and another came in its place', () => {
    const played = playedCall([playedDelivery({}, [{ ...outcome, outcome: 'skipped', reason: 'too-old' }])], {
      outcomes: ['tag-trace: setAttributes applied (written)'],
    });
    expect(differences(played, evidence({}))).toEqual([
      'missing: tag-trace: setAttributes applied (written)',
      'not expected: tag-trace: setAttributes skipped (too-old)',
    ]);
  });

  test('when an attribute is missing or of another trace', () => {
    const values = { tier: 'gold', 'otel.traceId': TRACE_ID } as const;
    const played = playedCall([playedDelivery({}, [])], { attributes: { participantId: 'p1', values } });
    expect(differences(played, evidence({ attributes: { 'otel.traceId': 'trace-2' } }))).toEqual([
      'attribute tier is not set, not gold',
      'attribute otel.traceId is trace-2, not trace-1',
    ]);
  });

  test('when the trace id is expected but no event was processed', () => {
    const played = playedCall([playedDelivery({ processed: null })], {
      attributes: { participantId: 'p1', values: { 'otel.traceId': TRACE_ID } },
    });
    expect(differences(played, evidence({}))).toHaveLength(1);
  });

  test('when the wrap-up code or the queue is another', () => {
    const played = playedCall([], { wrapup: { participantId: 'p1', code: 'resolved' }, queueId: 'q1' });
    expect(differences(played, evidence({ purpose: 'acd', queueId: 'q2', wrapup: { code: 'refund' } }))).toEqual([
      'wrap-up code is refund, not resolved',
      'nobody was transferred to queue q1',
    ]);
  });

  test('when something was written twice, delivered anew, or the fault did not strike', () => {
    const played = playedCall([playedDelivery({}, [])], { writes: 1, duplicates: 1, answered: 412 });
    expect(differences(played, evidence({}, [write, write]))).toEqual([
      '2 writes took effect, not 1',
      '0 deliveries were duplicates, not 1',
      'Genesys never answered 412',
    ]);
  });

  test('when Genesys does not know the conversation', () => {
    const played = playedCall([], { queueId: 'q1' });
    expect(differences(played, { conversation: null, requests: [] })).toEqual(['nobody was transferred to queue q1']);
  });
});
