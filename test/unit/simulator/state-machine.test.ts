import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallStep, performStep, STEP_NAMES } from '../../../simulator/call-step.ts';
import { type Conversation, currentCommunication } from '../../../simulator/conversation.ts';
import { WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import { seedConversation } from '../../../simulator/seed-conversation.ts';
import { applyWrapup, connect, IllegalTransition } from '../../../simulator/state-machine.ts';

const START = Date.parse('2026-11-20T12:00:00.000Z');

function inbound(): Conversation {
  return seedConversation(
    { id: 'call-1', participants: [{ id: 'customer-1', purpose: 'customer', ani: 'tel:+13175550100' }] },
    START,
  );
}

/** Plays the steps, one second each. */
function play(steps: readonly CallStep[], conversation = inbound()): Conversation {
  return steps.reduce(
    (current, step, index) => performStep(current, step, START + (index + 1) * 1000).conversation,
    conversation,
  );
}

const TALKING: readonly CallStep[] = [
  { step: 'enter-queue', queueId: 'support' },
  { step: 'alert-agent', userId: 'agent-1' },
  { step: 'connect-agent' },
];

const states = (conversation: Conversation) =>
  conversation.participants.map((each) => `${each.purpose} ${currentCommunication(each)?.state}`);

describe('a call moves through the states of the platform', () => {
  test('the queue holds the caller until the agent answers', () => {
    expect(states(play(TALKING.slice(0, 2)))).toEqual(['customer connected', 'acd connected', 'agent alerting']);
    expect(states(play(TALKING))).toEqual(['customer connected', 'acd disconnected', 'agent connected']);
  });

  test('an agent who disconnects goes to after-call work, and a code completes it', () => {
    const left = play([...TALKING, { step: 'disconnect-agent' }]);
    expect(currentCommunication(left.participants[2] ?? never())?.afterCallWork?.state).toBe('pending');
    expect(left.participants[2]).toMatchObject({ startAcwTime: '2026-11-20T12:00:04.000Z', endTime: '2026-11-20T12:00:04.000Z' });
    const wrapped = play([{ step: 'wrap-up', code: WRAPUP_CODES.resolved.id, notes: 'ok' }], left);
    expect(wrapped.participants[2]).toMatchObject({
      wrapup: { code: WRAPUP_CODES.resolved.id, notes: 'ok', provisional: false },
      calls: [{ afterCallWork: { state: 'complete' } }],
    });
  });

  test('after-call work may begin later than the disconnect', () => {
    const left = play([...TALKING, { step: 'disconnect-agent', afterCallWork: 'unknown' }]);
    expect(currentCommunication(left.participants[2] ?? never())?.afterCallWork?.state).toBe('unknown');
    const begun = play([{ step: 'begin-after-call-work' }], left);
    expect(currentCommunication(begun.participants[2] ?? never())?.afterCallWork?.state).toBe('pending');
  });

  test('an agent who never answered has no after-call work', () => {
    const ended = play([...TALKING.slice(0, 2), { step: 'end' }]);
    expect(currentCommunication(ended.participants[2] ?? never())?.afterCallWork?.state).toBe('notApplicable');
  });

  test('a code that is set while the agent talks is provisional, and no after-call work follows', () => {
    const talking = play(TALKING);
    const wrapped = applyWrapup(talking, talking.participants[2]?.id ?? '', { code: 'c' }, START);
    expect(wrapped.participants[2]?.wrapup).toMatchObject({ provisional: true });
    const left = play([{ step: 'disconnect-agent' }], wrapped);
    expect(currentCommunication(left.participants[2] ?? never())?.afterCallWork?.state).toBe('notApplicable');
  });

  test('a transfer puts the caller into the other queue, whose agent answers later', () => {
    const moved = play([
      ...TALKING,
      { step: 'transfer-to-queue', queueId: 'escalations' },
      { step: 'alert-agent', userId: 'agent-2' },
      { step: 'connect-agent' },
    ]);
    expect(states(moved).slice(2)).toEqual(['agent disconnected', 'acd disconnected', 'agent connected']);
    expect(moved.participants.at(-1)).toMatchObject({ userId: 'agent-2', queueId: 'escalations' });
    expect(moved.recentTransfers).toHaveLength(1);
  });

  test('steps that are not possible are refused', () => {
    const talking = play(TALKING);
    expect(() => play([{ step: 'connect-agent' }])).toThrow(IllegalTransition);
    expect(() => connect(talking, talking.participants[2]?.id ?? '', START)).toThrow('connected -> connected does not exist');
    expect(() => play([{ step: 'begin-after-call-work' }], talking)).toThrow('has not left yet');
    expect(() => play([{ step: 'end' }, { step: 'enter-ivr' }], talking)).toThrow('has ended');
    expect(() => play([{ step: 'fly' as never }])).toThrow('a step is one of');
  });

  test('whatever steps are tried: a conversation that ended has nobody in it, and no state is left for an earlier one', () => {
    const anyStep = fc.record({
      step: fc.constantFrom(...STEP_NAMES),
      queueId: fc.constantFrom('support', 'sales'),
      userId: fc.constantFrom('agent-1', 'agent-2'),
      code: fc.constant('code-1'),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), (steps) => {
        let conversation = inbound();
        for (const step of steps) conversation = attempt(conversation, step);
        conversation = conversation.endTime === undefined ? play([{ step: 'end' }], conversation) : conversation;
        for (const participant of conversation.participants) {
          expect(participant.endTime).toBeDefined();
          expect(['disconnected', 'terminated']).toContain(currentCommunication(participant)?.state);
        }
      }),
    );
  });
});

/** The step, or the same conversation when it is refused; anything but a refusal fails the test. */
function attempt(conversation: Conversation, step: CallStep): Conversation {
  try {
    return performStep(conversation, step, START).conversation;
  } catch (error) {
    if (error instanceof IllegalTransition) return conversation;
    throw error;
  }
}

function never(): never {
  throw new Error('there is no such participant');
}
