import { describe, expect, it } from 'vitest';
import { NotReadyYet, StepRefused, StillRinging } from '../../../src/actions/step.ts';
import { GenesysError, type GenesysErrorFields } from '../../../src/genesys/genesys-error.ts';
import { RenderError } from '../../../src/rules/rule-set.ts';
import { decide, type Situation } from '../../../src/worker/decide.ts';

const NOW = 1_000_000;
const situation: Situation = { repeated: false, closed: false, now: NOW, receivedAt: NOW, firstPauseMs: 1000 };

function answered(status: number, fields: Partial<GenesysErrorFields> = {}): GenesysError {
  const stage = 'patch-attributes';
  return new GenesysError({ stage, failure: 'http', status, code: 'c', message: 'm', correlationId: null, ...fields });
}

describe('decide', () => {
  it.each([
    [401, 'backoff'],
    [403, 'dead-letter'],
    [404, 'repeat'],
    [409, 'repeat'],
    [412, 'repeat'],
    [400, 'dead-letter'],
    [415, 'dead-letter'],
    [422, 'dead-letter'],
    [408, 'backoff'],
    [500, 'backoff'],
    [502, 'backoff'],
    [503, 'backoff'],
    [504, 'backoff'],
    [200, 'backoff'],
  ])('of %i for a write: %s', (status, kind) => {
    expect(decide(answered(status), situation).kind).toBe(kind);
  });

  it.each(['timeout', 'connection'] as const)('backs off after %s', (failure) => {
    expect(decide(answered(0, { failure, status: null }), situation)).toEqual({ kind: 'backoff' });
  });

  it('waits until the time that a 429 names', () => {
    const error = answered(429, { failure: 'rate-limited', retryAt: NOW + 42_000 });
    expect(decide(error, situation)).toEqual({ kind: 'wait', until: NOW + 42_000 });
  });

  it('never gives up an event because there is no token', () => {
    for (const status of [400, 401, 403, 500]) {
      expect(decide(answered(status, { stage: 'token' }), situation)).toEqual({ kind: 'backoff' });
    }
  });

  it('names the permission that a 403 says is missing, else the one that the call needs', () => {
    const missing = (names: string[], anyOf = false) =>
      answered(403, { stage: 'get-queue', missingPermissions: { names, anyOf } });
    const detailOf = (error: GenesysError) => decide(error, situation);
    expect(detailOf(missing(['a:b:c']))).toMatchObject({ reason: 'permission-missing', detail: /the permission a:b:c/ });
    expect(detailOf(missing(['a:b:c', 'd:e:f'], true))).toMatchObject({ detail: /any one of the permissions a:b:c, d:e:f/ });
    expect(detailOf(missing([]))).toMatchObject({ reason: 'permission-missing', detail: /routing:queue:view/ });
  });

  it('repeats the words of a 403 that means no missing permission', () => {
    const error = answered(403, { code: 'not.authorized', message: 'Not for this division' });
    expect(decide(error, situation)).toEqual({
      kind: 'dead-letter',
      reason: 'refused',
      detail: 'Genesys answered 403 not.authorized: Not for this division',
    });
  });

  it('waits for a conversation that is not visible with growing pauses, and no longer than 30 s after the event', () => {
    const error = answered(404, { stage: 'get-conversation' });
    const waits = [0, 4000, 29_900].map((waitedMs) => decide(error, { ...situation, receivedAt: NOW - waitedMs }));
    expect(waits).toEqual([
      { kind: 'wait', until: NOW + 250 },
      { kind: 'wait', until: NOW + 1000 },
      { kind: 'wait', until: NOW + 100 },
    ]);
    expect(decide(error, { ...situation, receivedAt: NOW - 30_000 })).toMatchObject({ reason: 'conversation-not-found' });
  });

  it('waits at no cost while a phone rings, with growing pauses; after two minutes each look costs an attempt', () => {
    const ringing = new StillRinging('rings');
    const waits = [0, 8000, 60_000].map((waitedMs) => decide(ringing, { ...situation, receivedAt: NOW - waitedMs }));
    expect(waits).toEqual([1000, 2000, 4000].map((pauseMs) => ({ kind: 'wait', until: NOW + pauseMs })));
    expect(decide(ringing, { ...situation, receivedAt: NOW - 120_000 })).toEqual({ kind: 'backoff' });
  });

  it('after a second conflict: dead letter when the conversation is closed, else backoff', () => {
    expect(decide(answered(412), { ...situation, repeated: true })).toEqual({ kind: 'backoff' });
    expect(decide(answered(412), { ...situation, repeated: true, closed: true })).toMatchObject({
      reason: 'conflict',
      detail: 'closed or modified by another process',
    });
  });

  it('after a participant was not found twice: dead letter', () => {
    expect(decide(answered(404), { ...situation, repeated: true })).toMatchObject({ reason: 'participant-not-found' });
    const unresolved = new StepRefused('participant-not-found', 'nobody');
    expect(decide(unresolved, situation)).toEqual({ kind: 'repeat' });
    expect(decide(unresolved, { ...situation, repeated: true })).toMatchObject({ reason: 'participant-not-found' });
  });

  it.each([
    ['by code', { code: 'conversation.error.participant.no.active.conversations' }],
    ['by words', { code: 'bad.request', message: 'The participant is not in a valid state' }],
  ])('waits for after-call work that has not begun (%s), until the conversation is closed', (_name, fields) => {
    const error = answered(400, { stage: 'patch-wrapup', ...fields });
    expect(decide(error, situation)).toEqual({ kind: 'backoff' });
    expect(decide(error, { ...situation, closed: true })).toMatchObject({ reason: 'conversation-closed' });
    expect(decide(answered(400, fields), situation)).toMatchObject({ reason: 'refused' });
  });

  it('says what Genesys answered in the dead letter of a refusal, not.a.user among them', () => {
    const error = answered(400, { code: 'not.a.user', message: 'This request requires a user context.' });
    expect(decide(error, situation)).toMatchObject({ reason: 'refused', detail: /400 not\.a\.user: This request requires/ });
  });

  it('dead-letters an expression that failed, backs off from what is not ready and from faults of our own', () => {
    expect(decide(new RenderError('r', 'event.x', 'no such key'), situation)).toMatchObject({ reason: 'expression-failed' });
    expect(decide(new NotReadyYet('alerting'), situation)).toEqual({ kind: 'backoff' });
    expect(decide(new TypeError('a bug'), situation)).toEqual({ kind: 'backoff' });
  });

  it('passes on that the batch was told to stop', () => {
    const stopped = new DOMException('stop', 'AbortError');
    expect(() => decide(stopped, situation)).toThrow(stopped);
  });
});
