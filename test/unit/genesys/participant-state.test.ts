import { describe, expect, it } from 'vitest';
import type { Participant } from '../../../src/genesys/genesys-client.ts';
import {
  afterCallWorkStateOf,
  communicationsOf,
  connectedAt,
  isConnected,
  isConversationEnded,
  isEnded,
} from '../../../src/genesys/participant-state.ts';

const TIME = '2026-11-20T12:00:00Z';
const LATER = '2026-11-20T12:05:00Z';

describe('participant', () => {
  it('has the communications of every medium', () => {
    const participant: Participant = {
      calls: [{ id: 'call' }],
      callbacks: [{ id: 'callback' }],
      chats: [{ id: 'chat' }],
      cobrowsesessions: [{ id: 'cobrowse' }],
      emails: [{ id: 'email' }],
      internalMessages: [{ id: 'internal' }],
      messages: [{ id: 'message' }],
      screenMonitorings: [{ id: 'monitoring' }],
      screenshares: [{ id: 'share' }],
      socialExpressions: [{ id: 'social' }],
      videos: [{ id: 'video' }],
    };
    const ids = [
      'call',
      'callback',
      'chat',
      'cobrowse',
      'email',
      'internal',
      'message',
      'monitoring',
      'share',
      'social',
      'video',
    ];
    expect(communicationsOf(participant).map(({ id }) => id)).toEqual(ids);
    expect(communicationsOf({})).toEqual([]);
  });

  it.each<[string, Participant, boolean]>([
    ['it has an end time', { endTime: TIME, calls: [{ state: 'connected' }] }, true],
    ['all its legs are closed', { calls: [{ state: 'disconnected' }], chats: [{ state: 'TERMINATED' }] }, true],
    ['its only leg has a time of disconnecting and no state', { calls: [{ disconnectedTime: TIME }] }, true],
    ['one leg is open', { calls: [{ state: 'disconnected' }, { state: 'alerting' }] }, false],
    ['it has no legs', { connectedTime: TIME }, false],
    ['its leg has no state', { calls: [{ id: 'a' }] }, false],
  ])('ended when %s: %#', (_, participant, ended) => {
    expect(isEnded(participant)).toBe(ended);
  });

  it.each<[Participant, boolean]>([
    [{ calls: [{ state: 'connected', held: true }] }, true],
    [{ calls: [{ state: 'disconnected' }], messages: [{ state: 'connected' }] }, true],
    [{ calls: [{ state: 'alerting' }] }, false],
    [{ connectedTime: TIME }, true],
    [{ connectedTime: TIME, calls: [{ state: 'alerting' }] }, false],
    [{}, true],
    [{ calls: [{ id: 'c' }] }, true],
    [{ endTime: TIME, calls: [{ state: 'connected' }] }, false],
  ])('connected: %j is %s', (participant, connected) => {
    expect(isConnected(participant)).toBe(connected);
  });

  it('was connected at its own time, else at that of the leg connected last', () => {
    expect(connectedAt({ connectedTime: TIME, calls: [{ connectedTime: LATER }] })).toBe(Date.parse(TIME));
    expect(connectedAt({ calls: [{ connectedTime: LATER }, { connectedTime: TIME }, {}] })).toBe(Date.parse(LATER));
    expect(connectedAt({ connectedTime: 'no time', calls: [] })).toBeNull();
  });

  it.each<[Participant, string]>([
    [{}, 'unknown'],
    [{ calls: [{ afterCallWork: { state: 'complete' } }, { afterCallWork: { state: 'pending' } }] }, 'pending'],
    [{ calls: [{ afterCallWork: { state: 'notApplicable' } }], chats: [{ afterCallWork: { state: 'Complete' } }] }, 'complete'],
    [{ calls: [{ afterCallWork: { state: 'skipped' } }] }, 'skipped'],
    [{ startAcwTime: TIME, calls: [{ afterCallWork: { state: 'unknown' } }] }, 'pending'],
    [{ startAcwTime: TIME, endAcwTime: LATER }, 'complete'],
    [{ calls: [{ afterCallWork: { state: 'something new' } }] }, 'unknown'],
  ])('after-call work of %j is %s', (participant, state) => {
    expect(afterCallWorkStateOf(participant)).toBe(state);
  });
});

describe('conversation', () => {
  it('has ended when it has an end time or a closed state, not when only its participants have', () => {
    const participants = [{ endTime: TIME }];
    expect(isConversationEnded({ startTime: TIME, participants })).toBe(false);
    expect(isConversationEnded({ startTime: TIME, participants, state: 'connected' })).toBe(false);
    expect(isConversationEnded({ startTime: TIME, participants: [], endTime: LATER })).toBe(true);
    expect(isConversationEnded({ startTime: TIME, participants: [], state: 'disconnected' })).toBe(true);
    expect(isConversationEnded({ startTime: TIME, participants: [], state: 'TERMINATED' })).toBe(true);
  });
});
