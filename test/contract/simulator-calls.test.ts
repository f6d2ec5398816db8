import type { Models } from 'purecloud-platform-client-v2';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import type { Conversation } from '../../simulator/conversation.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';
import { answerOf, connectSdk } from './platform-client.ts';

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** Every call that hookpatch makes, made by Genesys's own client. */
describe('the official SDK drives the simulator', () => {
  let simulator: Simulator;
  let sdk: ReturnType<typeof connectSdk>;

  beforeAll(async () => {
    simulator = await startSimulator({ writeVisibilityMs: 0 });
    sdk = connectSdk(simulator);
    await sdk.login();
  });
  afterAll(() => simulator.stop());
  beforeEach(() => simulator.reset());

  /** A call with an agent on it, and the ids of who is there. */
  async function callInProgress() {
    const { conversation } = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
    const idOf = (purpose: string) => conversation.participants.find((each) => each.purpose === purpose)?.id ?? '';
    return { id: conversation.id, customer: idOf('customer'), agent: idOf('agent') };
  }

  const read = async (conversationId: string) => (await answerOf(sdk.conversations.getConversation(conversationId))).body;

  test('client credentials give a token with its lifetime', async () => {
    const before = simulator.tokensIssued();
    const token = await sdk.login();
    expect(token.accessToken).toMatch(/^[\w-]{40,}$/);
    expect(simulator.tokensIssued()).toBe(before + 1);
  });

  test('a conversation has participants with communications', async () => {
    const call = await callInProgress();
    const { status, headers, body } = await answerOf(sdk.conversations.getConversation(call.id));
    expect(status).toBe(200);
    expect(headers['inin-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.participants.map(({ purpose }) => purpose)).toEqual(['customer', 'ivr', 'acd', 'agent']);
    expect(body.participants.at(-1)).toMatchObject({
      userId: 'agent-1',
      queueId: QUEUES.support.id,
      calls: [{ state: 'connected' }],
    });
  });

  test('attributes are accepted without a body, merged by key and read back', async () => {
    const { id, customer } = await callInProgress();
    const first = await answerOf(
      sdk.conversations.patchConversationParticipantAttributes(id, customer, {
        attributes: { tier: 'gold', 'otel.traceId': 'a1' },
      }),
    );
    await sdk.conversations.patchConversationParticipantAttributes(id, customer, { attributes: { tier: 'platinum' } });
    expect(first.status).toBe(202);
    expect(['', null, undefined]).toContain(first.body);
    expect((await read(id)).participants[0]?.attributes).toEqual({ tier: 'platinum', 'otel.traceId': 'a1' });
  });

  test('the path of one medium echoes the attributes', async () => {
    const { id, customer } = await callInProgress();
    const echoed = await answerOf(
      sdk.conversations.patchConversationsCallParticipantAttributes(id, customer, { attributes: { tier: 'gold' } }),
    );
    expect(echoed.body.attributes).toEqual({ tier: 'gold' });
  });

  test('a wrap-up code is applied in after-call work and completes it', async () => {
    const { id, agent } = await callInProgress();
    await simulator.advance(id, { step: 'disconnect-agent' });
    const { status } = await answerOf(
      sdk.conversations.patchConversationParticipant(id, agent, { wrapup: { code: WRAPUP_CODES.resolved.id, notes: 'done' } }),
    );
    const participant = (await read(id)).participants.find((each) => each.id === agent);
    expect(status).toBe(202);
    const { code, ...others } = participant?.wrapup ?? {};
    expect(code).toBe(WRAPUP_CODES.resolved.id);
    expect(others).toEqual({ notes: 'done', provisional: false, endTime: expect.any(String) });
    expect(participant?.calls?.[0]?.afterCallWork?.state).toBe('complete');
    expect(participant?.endAcwTime).toBeDefined();
  });

  test('the wrap-up codes of the agent are those of the queue', async () => {
    const { id, agent } = await callInProgress();
    const { body } = await answerOf(sdk.conversations.getConversationParticipantWrapupcodes(id, agent));
    expect(body).toEqual(QUEUES.support.wrapupCodes);
  });

  test('a transfer to a queue ends the agent’s leg and puts the caller into the queue', async () => {
    const { id, agent } = await callInProgress();
    const { status } = await answerOf(
      sdk.conversations.postConversationParticipantReplaceQueue(id, agent, {
        queueId: QUEUES.escalations.id,
        transferType: 'Unattended',
      }),
    );
    const conversation = await read(id);
    const left = conversation.participants.find((each) => each.id === agent);
    expect(status).toBe(202);
    expect(left).toMatchObject({
      calls: [{ state: 'disconnected', disconnectType: 'transfer', afterCallWork: { state: 'pending' } }],
    });
    expect(conversation.participants.at(-1)).toMatchObject({
      purpose: 'acd',
      queueId: QUEUES.escalations.id,
      calls: [{ state: 'connected' }],
    });
    expect(conversation.recentTransfers).toMatchObject([{ initiator: { userId: 'agent-1' }, transferType: 'Unattended' }]);
  });

  test('a transfer to a user makes the user’s desktop ring', async () => {
    const { id, agent } = await callInProgress();
    await sdk.conversations.postConversationParticipantReplaceAgent(id, agent, { userId: 'agent-2', transferType: 'Unattended' });
    expect((await read(id)).participants.at(-1)).toMatchObject({
      purpose: 'agent',
      userId: 'agent-2',
      calls: [{ state: 'alerting' }],
    });
  });

  test.each(['postConversationParticipantTransfer', 'postConversationParticipantReplaceExternal'] as const)(
    'a transfer outside dials the address: %s',
    async (call) => {
      const { id, agent } = await callInProgress();
      await sdk.conversations[call](id, agent, {
        address: 'tel:+13175550123',
        transferType: 'Unattended',
      });
      const conversation = await read(id);
      expect(conversation.participants.at(-1)).toMatchObject({
        purpose: 'external',
        address: 'tel:+13175550123',
        calls: [{ state: 'dialing' }],
      });
      expect(conversation.recentTransfers?.[0]?.destination).toEqual({ address: 'tel:+13175550123' });
    },
  );

  test('a transfer to an external contact dials it', async () => {
    const { id, agent } = await callInProgress();
    const contact = { contactId: 'contact-1', phoneType: 'work', transferType: 'Unattended' };
    await sdk.conversations.postConversationParticipantReplaceContactExternal(id, agent, contact);
    expect((await read(id)).participants.at(-1)).toMatchObject({ purpose: 'external', externalContactId: 'contact-1' });
  });

  test('an attended transfer leaves the caller with the agent until the recipient accepts, or does not', async () => {
    for (const [step, state, agentLeg] of [
      ['accept-transfer', 'Complete', 'disconnected'],
      ['transfer-fails', 'Failed', 'connected'],
    ] as const) {
      const { id, agent } = await callInProgress();
      const body = { userId: 'agent-2', transferType: 'Attended' };
      await sdk.conversations.postConversationParticipantReplaceAgent(id, agent, body);
      const legOf = async () => (await read(id)).participants.find((each) => each.id === agent)?.calls?.[0]?.state;
      expect((await read(id)).recentTransfers).toMatchObject([{ state: 'Pending', transferType: 'Attended' }]);
      expect(await legOf()).toBe('connected');
      await simulator.advance(id, { step });
      expect((await read(id)).recentTransfers).toMatchObject([{ state }]);
      expect(await legOf()).toBe(agentLeg);
    }
  });

  test.each(['Failed', 'Canceled', 'Timeout', 'Pending', 'Active'] as const)(
    'a transfer can be accepted and become %s, and nobody moves',
    async (transferState) => {
      const conversation = simulator.createConversation(
        { participants: [{ purpose: 'customer' }, { id: 'a', purpose: 'agent', userId: 'u' }] },
        { transferState },
      );
      await sdk.conversations.postConversationParticipantReplaceQueue(conversation.id, 'a', { queueId: QUEUES.sales.id });
      const { participants, recentTransfers } = await read(conversation.id);
      expect(participants.map(({ calls }) => calls?.[0]?.state)).toEqual(['connected', 'connected']);
      expect(recentTransfers).toMatchObject([{ state: transferState }]);
    },
  );

  test.each([
    ['monitor', { monitoredParticipantId: expect.any(String), mediaRoles: ['monitor'] }],
    ['coach', { coachedParticipantId: expect.any(String), mediaRoles: ['coach'] }],
    ['barge', { bargedParticipantId: expect.any(String), mediaRoles: ['barge'] }],
    ['consult', { consultParticipantId: expect.any(String), purpose: 'agent' }],
  ] as const)('%s: a participant more, who says what for', async (step, fields) => {
    const { id } = await callInProgress();
    await simulator.advance(id, { step, userId: 'user-2' });
    expect((await read(id)).participants.at(-1)).toMatchObject({ userId: 'user-2', calls: [{ state: 'connected' }], ...fields });
    await simulator.advance(id, { step: step === 'consult' ? 'end-consult' : 'stop-supervising' });
    expect((await read(id)).participants.at(-1)?.endTime).toBeDefined();
  });

  test('a ringing agent is alerting, and one who never answered has nothing to wrap up', async () => {
    const { conversation } = await simulator.placeCall({ kind: 'ringing', userId: 'agent-1' });
    const agent = async () => (await read(conversation.id)).participants.at(-1);
    expect(await agent()).toMatchObject({ userId: 'agent-1', calls: [{ state: 'alerting' }] });
    await simulator.advance(conversation.id, { step: 'stop-alerting' });
    expect((await agent())?.connectedTime).toBeUndefined();
    expect(await agent()).toMatchObject({ calls: [{ state: 'disconnected', afterCallWork: { state: 'notApplicable' } }] });
  });

  test.each([
    ['message', 'messages'],
    ['email', 'emails'],
  ] as const)('a parked %s has a time of parking, and can be transferred', async (media, list) => {
    const { conversation } = await simulator.placeCall({ kind: 'in-progress', media });
    await simulator.advance(conversation.id, { step: 'park-agent' });
    const agent = (await read(conversation.id)).participants.at(-1);
    expect(agent?.[list]).toMatchObject([{ state: 'parked', parkTime: expect.any(String) }]);
    await sdk.conversations.postConversationParticipantReplaceQueue(conversation.id, agent?.id ?? '', {
      queueId: QUEUES.sales.id,
    });
    expect((await read(conversation.id)).participants.at(-1)).toMatchObject({ purpose: 'acd', queueId: QUEUES.sales.id });
  });

  test.each([
    ['voice', 'calls', 'postConversationsCallParticipantCommunicationWrapup'],
    ['callback', 'callbacks', 'postConversationsCallbackParticipantCommunicationWrapup'],
    ['email', 'emails', 'postConversationsEmailParticipantCommunicationWrapup'],
    ['message', 'messages', 'postConversationsMessageParticipantCommunicationWrapup'],
    ['video', 'videos', 'postConversationsVideoParticipantCommunicationWrapup'],
    ['cobrowse', 'cobrowsesessions', 'postConversationsCobrowsesessionParticipantCommunicationWrapup'],
    ['screenshare', 'screenshares', 'postConversationsScreenshareParticipantCommunicationWrapup'],
  ] as const)('the wrap-up code of one communication: %s', async (media, list, call) => {
    const seed = { id: 'leg-1', state: 'disconnected', afterCallWork: { state: 'pending' } } as const;
    const agent = { id: 'a', purpose: 'agent', userId: 'u', [list]: [seed] };
    const { id } = simulator.createConversation({ participants: [agent] }, { wrapupLevel: 'communication' });
    const body = { code: WRAPUP_CODES.resolved.id, notes: 'done', tags: ['vip'], durationSeconds: 15 };
    await sdk.conversations[call](id, 'a', 'leg-1', { body });
    const [participant] = (await read(id)).participants;
    expect(participant?.wrapup).toBeUndefined();
    expect(participant?.[list]).toMatchObject([{ wrapup: body, afterCallWork: { state: 'complete' } }]);
    expect(media).toBeTruthy();
  });

  test('nobody chose a code in time: it is one of the system', async () => {
    const { conversation } = await simulator.placeCall({ kind: 'timed-out', wrapupPrompt: 'timeout' });
    const agent = (await read(conversation.id)).participants.find(({ purpose }) => purpose === 'agent');
    expect(agent).toMatchObject({ wrapupPrompt: 'timeout', wrapup: { code: 'ININ-WRAP-UP-TIMEOUT' } });
  });

  test('after-call work that the agent has to ask for does not apply', async () => {
    const { conversation } = await simulator.placeCall({ kind: 'answered', wrapupPrompt: 'agentRequested' });
    const agent = (await read(conversation.id)).participants.find(({ purpose }) => purpose === 'agent');
    expect(agent).toMatchObject({ wrapupPrompt: 'agentRequested', wrapupRequired: false });
    expect(agent?.calls?.[0]?.afterCallWork?.state).not.toBe('pending');
  });

  test('a queue is found by its id', async () => {
    const { body } = await answerOf(sdk.routing.getRoutingQueue(QUEUES.support.id));
    expect(body).toMatchObject({ id: QUEUES.support.id, name: 'Support' });
  });

  test('a conversation of the simulator is one of the SDK, says the compiler', () => {
    expectTypeOf<Writable<Conversation>>().toExtend<Models.Conversation>();
  });

  test('the journal has every request and, for an outside ledger, every write with its content', async () => {
    const { id, customer } = await callInProgress();
    await sdk.conversations.getConversation(id);
    await sdk.conversations.patchConversationParticipantAttributes(id, customer, { attributes: { tier: 'gold' } });
    expect(simulator.journal().map(({ call, status, executed }) => ({ call, status, executed }))).toEqual([
      { call: 'get-conversation', status: 200, executed: true },
      { call: 'patch-attributes', status: 202, executed: true },
    ]);
    expect(simulator.executedWrites()).toMatchObject([
      { conversationId: id, participantId: customer, write: { kind: 'attributes', attributes: { tier: 'gold' } } },
    ]);
  });
});
