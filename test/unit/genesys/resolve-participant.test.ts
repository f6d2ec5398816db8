import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conversation, Participant } from '../../../src/genesys/genesys-client.ts';
import { type EventParties, type ParticipantSelector, resolveParticipant } from '../../../src/genesys/resolve-participant.ts';

const NOON = '2026-11-20T12:00:00Z';
const NOBODY = { participantId: null, communicationId: null, userId: null, address: null };

function conversationOf(...participants: Participant[]): Conversation {
  return { id: 'c-1', startTime: NOON, participants };
}

function resolvedId(conversation: Conversation, selector: ParticipantSelector): string {
  const resolution = resolveParticipant(conversation, selector);
  return resolution.found ? resolution.participant.id : resolution.reason;
}

const customer: Participant = {
  id: 'customer',
  purpose: 'customer',
  address: 'tel:+13175550100',
  calls: [{ id: 'leg-customer', state: 'connected' }],
};
const acd: Participant = {
  id: 'acd',
  purpose: 'acd',
  queueId: 'q-1',
  endTime: NOON,
  calls: [{ id: 'leg-acd', state: 'disconnected' }],
};

function agent(id: string, minute: number, state: string, userId = 'user-1'): Participant {
  const connectedTime = `2026-11-20T12:${String(minute).padStart(2, '0')}:00Z`;
  return { id, purpose: 'agent', userId, connectedTime, calls: [{ id: `leg-${id}`, state }] };
}

/** Never connected; with a state its leg has left the phone. */
function ringing(id: string, state = 'alerting', userId = 'user-2'): Participant {
  return { id, purpose: 'agent', userId, startTime: NOON, calls: [{ id: `leg-${id}`, state, startAlertingTime: NOON }] };
}

const call = conversationOf(
  customer,
  acd,
  agent('first', 1, 'disconnected'),
  agent('second', 2, 'disconnected'),
  agent('third', 3, 'connected'),
);

describe('by target', () => {
  it.each<[ParticipantSelector & { kind: 'target' }, string]>([
    [{ kind: 'target', target: { participantId: 'second' }, own: null }, 'second'],
    [{ kind: 'target', target: { communicationId: 'leg-acd' }, own: null }, 'acd'],
    [{ kind: 'target', target: { purpose: 'customer' }, own: null }, 'customer'],
    [{ kind: 'target', target: { address: 'sip:+1-317-555-0100@carrier.example' }, own: null }, 'customer'],
    [{ kind: 'target', target: { purpose: 'agent' }, own: null }, 'third'],
    [{ kind: 'target', target: { userId: 'user-1' }, own: null }, 'third'],
    [{ kind: 'target', target: { userId: 'user-1', purpose: 'customer' }, own: null }, 'participant-not-found'],
    [
      {
        kind: 'target',
        target: { participantId: 'third', communicationId: 'leg-third', userId: 'user-1', purpose: 'AGENT' },
        own: null,
      },
      'third',
    ],
    [{ kind: 'target', target: { address: '' }, own: null }, 'participant-not-found'],
    [{ kind: 'target', target: {}, own: null }, 'participant-not-found'],
  ])('%j is %s', (selector, expected) => {
    expect(resolvedId(call, selector)).toBe(expected);
  });

  it('takes the one connected last when all that match have ended', () => {
    const ended = conversationOf(agent('second', 2, 'disconnected'), agent('first', 1, 'disconnected'));
    expect(resolvedId(ended, { kind: 'target', target: { purpose: 'agent' }, own: null })).toBe('second');
  });

  it('takes one not ended before one that connected later and has ended', () => {
    const conversation = conversationOf(agent('gone', 9, 'disconnected'), agent('here', 1, 'connected'));
    expect(resolvedId(conversation, { kind: 'target', target: { purpose: 'agent' }, own: null })).toBe('here');
  });

  it('takes one that connected before one that never did', () => {
    const never: Participant = { id: 'never', purpose: 'agent', calls: [{ state: 'alerting' }] };
    expect(
      resolvedId(conversationOf(never, agent('first', 1, 'connected')), {
        kind: 'target',
        target: { purpose: 'agent' },
        own: null,
      }),
    ).toBe('first');
  });

  it('lists those that are left, without an address or an attribute', () => {
    const secret = { attributes: { tier: 'platinum' }, address: 'tel:+13175550199' };
    const twins = conversationOf(
      { ...agent('b', 1, 'connected'), ...secret },
      { ...agent('a', 1, 'alerting'), ...secret },
      customer,
    );
    expect(resolveParticipant(twins, { kind: 'target', target: { purpose: 'agent' }, own: null })).toEqual({
      found: false,
      reason: 'participant-ambiguous',
      detail: 'several participants match: a (agent, alerting), b (agent, connected)',
    });
  });

  it('says what was looked for and who is there when nobody matches, without the values', () => {
    expect(
      resolveParticipant(conversationOf(customer, acd), {
        kind: 'target',
        target: { address: 'tel:+4930', purpose: 'agent' },
        own: null,
      }),
    ).toEqual({
      found: false,
      reason: 'participant-not-found',
      detail: "no participant has the target's address, purpose; there are: acd (acd, ended), customer (customer, connected)",
    });
  });

  it('lists ten at most', () => {
    const many = conversationOf(...Array.from({ length: 25 }, (_, i) => agent(`a${i}`, 1, 'connected')));
    const resolution = resolveParticipant(many, { kind: 'target', target: { purpose: 'agent' }, own: null });
    expect(resolution).toMatchObject({ found: false, detail: expect.stringMatching(/ and 15 more$/) });
  });

  it('never resolves a participant without an id', () => {
    expect(
      resolvedId(conversationOf({ purpose: 'customer' }), { kind: 'target', target: { purpose: 'customer' }, own: null }),
    ).toBe('participant-not-found');
  });
});

describe("by the event's own participant", () => {
  it.each([
    [{ participantId: 'acd', communicationId: 'leg-customer' }, 'acd'],
    [{ participantId: 'transient', communicationId: 'leg-customer', userId: 'user-1' }, 'customer'],
    [{ participantId: 'transient', communicationId: 'unknown', userId: 'user-1', address: '+13175550100' }, 'third'],
    [{ participantId: 'transient', userId: 'unknown', address: '+1 317 555 0100' }, 'customer'],
    [{ participantId: 'transient' }, 'participant-not-found'],
    [{}, 'participant-not-found'],
  ])('%j is %s', (fields, expected) => {
    expect(resolvedId(call, { kind: 'event', own: { ...NOBODY, ...fields } })).toBe(expected);
  });
});

describe('by the connected agent', () => {
  it.each<[string, Conversation, string]>([
    ['of several the one that is connected', call, 'third'],
    ['a user without a queue too', conversationOf(customer, { ...agent('user', 1, 'connected'), purpose: 'user' }), 'user'],
    ['nobody when agents are gone', conversationOf(customer, agent('b', 2, 'disconnected')), 'participant-not-found'],
    ['the one whose phone rings when nobody is connected', conversationOf(agent('b', 2, 'disconnected'), ringing('a')), 'a'],
    ['the connected one and not the one whose phone rings', conversationOf(agent('a', 1, 'connected'), ringing('b')), 'a'],
    ['one with a parked message', conversationOf(customer, agent('a', 1, 'parked')), 'a'],
    [
      'not one with a parked message where another is connected',
      conversationOf(agent('a', 9, 'parked'), agent('b', 1, 'connected')),
      'b',
    ],
    ['not the customer', conversationOf(customer), 'participant-not-found'],
    ['of two that are connected the later one', conversationOf(agent('a', 5, 'connected'), agent('b', 2, 'connected')), 'a'],
    [
      'nobody of two that connected at once',
      conversationOf(agent('a', 5, 'connected'), agent('b', 5, 'connected')),
      'participant-ambiguous',
    ],
  ])('%s', (_, conversation, expected) => {
    expect(resolvedId(conversation, { kind: 'agent', own: NOBODY })).toBe(expected);
  });
});

describe('addresses', () => {
  const inbound: Participant = {
    id: 'party',
    purpose: 'customer',
    ani: 'tel:+4930111',
    dnis: 'tel:+4930222',
    calls: [{ direction: 'inbound' }],
  };

  it.each<[string, Participant, string, boolean]>([
    ["a caller's ani", inbound, '+4930111', true],
    ['not what the caller dialed', inbound, '+4930222', false],
    ['the dnis of a customer who was called', { ...inbound, calls: [{ direction: 'outbound' }] }, '+4930222', true],
    ['not the ani of a call that went out', { ...inbound, calls: [{ direction: 'outbound' }] }, '+4930111', false],
    ["not the ani on an agent's leg", { ...inbound, purpose: 'agent' }, '+4930111', false],
    [
      "a call's own end",
      { id: 'party', purpose: 'agent', calls: [{ self: { addressRaw: 'sip:+4930333@x.example' } }] },
      '+4930333',
      true,
    ],
    [
      "not a call's other end",
      { id: 'party', purpose: 'agent', calls: [{ other: { addressNormalized: '+4930333' } }] },
      '+4930333',
      false,
    ],
    [
      'who wrote a message',
      { id: 'party', purpose: 'customer', messages: [{ fromAddress: { addressNormalized: 'Ann@X.example' } }] },
      'ann@x.example',
      true,
    ],
    [
      'who was written to',
      { id: 'party', purpose: 'external', messages: [{ direction: 'outbound', toAddress: { addressRaw: '+4930444' } }] },
      'tel:+49 30 444',
      true,
    ],
    [
      'a callback number',
      { id: 'party', purpose: 'customer', callbacks: [{ callbackNumbers: ['+49 30 555'] }] },
      '+4930555',
      true,
    ],
  ])('%s', (_, participant, address, matches) => {
    expect(resolvedId(conversationOf(participant), { kind: 'target', target: { address }, own: null })).toBe(
      matches ? 'party' : 'participant-not-found',
    );
  });
});

describe('order', () => {
  const state = fc.constantFrom('connected', 'disconnected', 'alerting');
  const participants = fc.array(
    fc.record({
      purpose: fc.constantFrom('agent', 'customer', 'acd', 'user'),
      userId: fc.constantFrom('user-1', 'user-2'),
      minute: fc.integer({ min: 0, max: 3 }),
      state,
    }),
    { maxLength: 6 },
  );
  const selector = fc.constantFrom<ParticipantSelector>(
    { kind: 'target', target: { purpose: 'agent' }, own: null },
    { kind: 'target', target: { userId: 'user-1' }, own: null },
    { kind: 'target', target: { address: '+13175550100' }, own: null },
    { kind: 'event', own: { ...NOBODY, participantId: 'transient', userId: 'user-2' } },
    { kind: 'event', own: { ...NOBODY, communicationId: 'leg-p2' } },
    { kind: 'agent', own: NOBODY },
  );

  it('in which Genesys lists the participants never changes the answer', () => {
    const shuffled = participants
      .map((list) =>
        list.map(({ minute, state, userId, purpose }, i) => ({
          ...agent(`p${i}`, minute, state, userId),
          purpose,
          address: '+13175550100',
        })),
      )
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, selector, ([listed, otherwise], chosen) => {
        expect(resolveParticipant(conversationOf(...otherwise), chosen)).toEqual(
          resolveParticipant(conversationOf(...listed), chosen),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the agent who is meant by a transfer without a target', () => {
  const first = agent('first', 1, 'connected');
  const later = agent('later', 9, 'connected', 'user-2');
  const own = (participant: Participant) => ({ ...NOBODY, participantId: participant.id ?? null });
  const meant = (participants: Participant[], parties: EventParties) =>
    resolvedId(conversationOf(customer, ...participants), { kind: 'agent', own: parties });

  it.each<[string, Participant[], EventParties, string]>([
    ["the event's own one wins over one that connected later", [first, later], own(first), 'first'],
    ["the event's own one by its communication", [first, later], { ...NOBODY, communicationId: 'leg-first' }, 'first'],
    ["the event's own one by its user", [first, later], { ...NOBODY, userId: 'user-1' }, 'first'],
    ["the event's own one while its phone rings", [first, ringing('rings')], own(ringing('rings')), 'rings'],
    ['nobody else when its phone stopped ringing', [ringing('rang', 'disconnected'), later], own(ringing('rang')), 'rang'],
    [
      'the one who has the caller now when it has left',
      [agent('gone', 1, 'disconnected'), later],
      own(agent('gone', 1, '')),
      'later',
    ],
    ['the one who has the caller when the event is about the customer', [first], own(customer), 'first'],
  ])('%s', (_, participants, parties, expected) => expect(meant(participants, parties)).toBe(expected));
});

describe('supervisors', () => {
  const talks = agent('talks', 1, 'connected');
  const supervisor = (fields: Participant, purpose = 'agent'): Participant => ({
    ...agent('supervisor', 9, 'connected', 'user-2'),
    purpose,
    ...fields,
  });
  const SUPERVISING: readonly [string, Participant][] = [
    ['monitors', supervisor({ monitoredParticipantId: 'talks' })],
    ['monitors as a user', supervisor({ monitoredParticipantId: 'talks' }, 'user')],
    ['coaches', supervisor({ coachedParticipantId: 'talks' })],
    ['has barged in', supervisor({ bargedParticipantId: 'talks' })],
    ['had no other role', supervisor({ mediaRoles: ['monitor', 'Coach'] })],
  ];

  it.each(SUPERVISING)('one who %s is no agent, whatever the event says', (_, participant) => {
    const conversation = conversationOf(customer, participant, talks);
    const byEvent = { ...NOBODY, participantId: 'supervisor' };
    expect(resolvedId(conversation, { kind: 'agent', own: NOBODY })).toBe('talks');
    expect(resolvedId(conversation, { kind: 'agent', own: byEvent })).toBe('talks');
    expect(resolvedId(conversation, { kind: 'target', target: { purpose: 'agent' }, own: byEvent })).toBe('talks');
    expect(resolvedId(conversationOf(customer, participant), { kind: 'agent', own: byEvent })).toBe('participant-not-found');
  });

  it('are found by their own user and id, where nobody else matches', () => {
    const conversation = conversationOf(customer, supervisor({ monitoredParticipantId: 'talks' }), talks);
    expect(resolvedId(conversation, { kind: 'target', target: { userId: 'user-2' }, own: null })).toBe('supervisor');
    expect(resolvedId(conversation, { kind: 'event', own: { ...NOBODY, participantId: 'supervisor' } })).toBe('supervisor');
  });

  it('are agents again in a conversation that is their own', () => {
    expect(resolvedId(conversationOf(supervisor({ mediaRoles: ['monitor', 'full'] })), { kind: 'agent', own: NOBODY })).toBe(
      'supervisor',
    );
  });
});

describe('a consult', () => {
  const at = (minute: number) => `2026-11-20T12:0${minute}:00Z`;
  const asking = { ...agent('asking', 1, 'connected'), startTime: at(1) };
  const asked = { ...agent('asked', 5, 'connected', 'user-2'), startTime: at(5) };
  const about = (participant: Participant, consultParticipantId: string) => ({ ...participant, consultParticipantId });

  it.each<[string, Participant[]]>([
    ['the one who asks names the one who is asked', [about(asking, 'asked'), asked]],
    ['the one who is asked names the one who asks', [asking, about(asked, 'asking')]],
    ['the one who is asked names the customer', [asking, about(asked, 'customer')]],
    ['the one who asks names the customer', [about(asking, 'customer'), asked]],
    ['both name the customer', [about(asking, 'customer'), about(asked, 'customer')]],
  ])('leaves the caller with the one who asks, where %s', (_, agents) => {
    const conversation = conversationOf(customer, ...agents.toReversed());
    expect(resolvedId(conversation, { kind: 'agent', own: NOBODY })).toBe('asking');
    expect(resolvedId(conversation, { kind: 'target', target: { purpose: 'agent' }, own: null })).toBe('asking');
    expect(resolvedId(conversation, { kind: 'agent', own: { ...NOBODY, participantId: 'asked' } })).toBe('asked');
  });

  it('is over when the one who asked has left', () => {
    const left = { ...about(asking, 'asked'), endTime: at(6) };
    expect(resolvedId(conversationOf(customer, left, about(asked, 'customer')), { kind: 'agent', own: NOBODY })).toBe('asked');
  });
});

describe('the same agent twice', () => {
  const ended = agent('ended', 1, 'disconnected');
  const live = agent('live', 5, 'connected');
  const target = { purpose: 'agent', userId: 'user-1' };

  it.each([
    ['the leg that the event names', { ...NOBODY, participantId: 'ended' }, 'ended'],
    ['the leg that the event names by its communication', { ...NOBODY, communicationId: 'leg-ended' }, 'ended'],
    ['the live one without an event', NOBODY, 'live'],
    ['the live one where the event is about somebody else', { ...NOBODY, participantId: 'customer' }, 'live'],
  ])('%s', (_, own, expected) => {
    expect(resolvedId(conversationOf(customer, ended, live), { kind: 'target', target, own })).toBe(expected);
  });
});
