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

  test('a transfer outside dials the address', async () => {
    const { id, agent } = await callInProgress();
    await sdk.conversations.postConversationParticipantReplaceExternal(id, agent, {
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
