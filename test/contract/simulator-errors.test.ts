import { afterEach, describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';
import { answerOf, connectSdk, refusalOf } from './platform-client.ts';

/** Every refusal, as Genesys's own client sees it. */
describe('the official SDK is refused as Genesys refuses', () => {
  let simulator: Simulator;
  afterEach(() => simulator.stop());

  async function start(options: SimulatorOptions = {}) {
    simulator = await startSimulator({ writeVisibilityMs: 0, ...options });
    const sdk = connectSdk(simulator);
    await sdk.login();
    const { conversation } = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
    const idOf = (purpose: string) => conversation.participants.find((each) => each.purpose === purpose)?.id ?? '';
    return { ...sdk, id: conversation.id, customer: idOf('customer'), agent: idOf('agent'), acd: idOf('acd') };
  }

  test('an error body is complete, and its context id is the correlation id', async () => {
    const { conversations } = await start();
    const { status, headers, body } = await refusalOf(conversations.getConversation('nobody'));
    expect(status).toBe(404);
    expect(body).toEqual({
      message: expect.any(String),
      code: 'conversation.not.found',
      status: 404,
      entityId: 'nobody',
      contextId: headers['inin-correlation-id'],
      messageParams: { conversationId: 'nobody' },
      details: [],
      errors: [],
    });
  });

  test('a wrong client gets no token', async () => {
    const { loginAs } = await start();
    const refusal = (await loginAs('simulator-client', 'wrong').catch((error: unknown) => error)) as {
      response: { status: number; data: unknown };
    };
    expect(refusal.response.status).toBe(400);
    expect(refusal.response.data).toMatchObject({ error: 'invalid_client', description: expect.any(String) });
  });

  test('no token, an unknown one, an expired one and a revoked one are 401', async () => {
    const { conversations, id, setAccessToken, login } = await start();
    simulator.revokeTokens();
    const revoked = await refusalOf(conversations.getConversation(id));
    setAccessToken('unknown');
    const unknown = await refusalOf(conversations.getConversation(id));
    setAccessToken('');
    const none = await refusalOf(conversations.getConversation(id));
    expect([revoked, unknown, none].map(({ status, body }) => [status, body.code])).toEqual([
      [401, 'bad.credentials'],
      [401, 'bad.credentials'],
      [401, 'authentication.required'],
    ]);
    await login();
    expect((await answerOf(conversations.getConversation(id))).status).toBe(200);
  });

  test('a token of no lifetime has expired at once', async () => {
    const { conversations, id } = await start({ tokenLifetimeSeconds: 0 });
    expect((await refusalOf(conversations.getConversation(id))).body.code).toBe('bad.credentials');
  });

  test('the rate limit answers 429 with Retry-After', async () => {
    const { conversations, id } = await start({ rateLimit: { requests: 2, windowMs: 60_000 } });
    await conversations.getConversation(id);
    await conversations.getConversation(id);
    const { status, headers, body } = await refusalOf(conversations.getConversation(id));
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).toMatchObject({ code: 'too.many.requests.retry.after', status: 429, details: [], errors: [] });
  });

  const TWO_A_MINUTE = { requests: 2, windowMs: 60_000 };
  test.each([
    ['a call', { routeRateLimits: { 'get-conversation': TWO_A_MINUTE } }, 200],
    ['the organisation', { organizationRateLimit: TWO_A_MINUTE }, 429],
  ] as const)('the limit of %s answers 429, and another call gets what its own limits allow', async (_, limits, other) => {
    const { conversations, routing, id } = await start(limits);
    await conversations.getConversation(id);
    await conversations.getConversation(id);
    expect((await refusalOf(conversations.getConversation(id))).status).toBe(429);
    const { status } = await answerOf(routing.getRoutingQueues()).catch(({ status }) => ({ status }));
    expect(status).toBe(other);
  });

  test('a participant, a queue and a value that are wrong have Genesys’s codes', async () => {
    const { conversations, routing, id, customer } = await start();
    const number = { attributes: { tier: 1 as unknown as string } };
    const refusals = [
      await refusalOf(conversations.patchConversationParticipantAttributes(id, 'nobody', { attributes: {} })),
      await refusalOf(routing.getRoutingQueue('nowhere')),
      await refusalOf(conversations.patchConversationParticipantAttributes(id, customer, number)),
      await refusalOf(
        conversations.patchConversationParticipantAttributes(id, customer, { attributes: { big: 'x'.repeat(512_000) } }),
      ),
    ];
    expect(refusals.map(({ status, body }) => [status, body.code])).toEqual([
      [404, 'conversation.error.not.conversation.participant'],
      [404, 'not.found'],
      [400, 'invalid.value'],
      [413, 'request.entity.too.large'],
    ]);
  });

  test('a wrap-up without a code, of a customer, and with a code of another queue is refused', async () => {
    const { conversations, id, customer, agent } = await start();
    const refusals = [
      await refusalOf(conversations.patchConversationParticipant(id, agent, { wrapup: {} })),
      await refusalOf(conversations.patchConversationParticipant(id, customer, { wrapup: { code: WRAPUP_CODES.resolved.id } })),
      await refusalOf(conversations.patchConversationParticipant(id, agent, { wrapup: { code: WRAPUP_CODES.refund.id } })),
    ];
    expect(refusals.map(({ status, body }) => [status, body.code])).toEqual([
      [400, 'conversation.error.wrapup.code.required'],
      [400, 'conversation.error.participant.no.active.conversations'],
      [400, 'invalid.value'],
    ]);
  });

  test('a wrap-up before after-call work is refused where it is needed, and accepted when it has begun', async () => {
    const { conversations, id, agent } = await start({ wrapupNeedsAfterCallWork: true });
    const wrapup = { wrapup: { code: WRAPUP_CODES.resolved.id } };
    const connected = await refusalOf(conversations.patchConversationParticipant(id, agent, wrapup));
    await simulator.advance(id, { step: 'disconnect-agent', afterCallWork: 'unknown' });
    const notBegun = await refusalOf(conversations.patchConversationParticipant(id, agent, wrapup));
    await simulator.advance(id, { step: 'begin-after-call-work' });
    expect([connected.status, notBegun.status]).toEqual([400, 400]);
    expect((await answerOf(conversations.patchConversationParticipant(id, agent, wrapup))).status).toBe(202);
  });

  test('a wrap-up is possible in after-call work also when the conversation is over, and no more when that is complete', async () => {
    const { conversations, id, agent } = await start();
    await simulator.endConversation(id);
    const wrapup = { wrapup: { code: WRAPUP_CODES.resolved.id } };
    expect((await answerOf(conversations.patchConversationParticipant(id, agent, wrapup))).status).toBe(202);
    expect((await refusalOf(conversations.patchConversationParticipant(id, agent, wrapup))).status).toBe(400);
  });

  test('a transfer that is not possible is refused with the reason', async () => {
    const { conversations, id, customer, agent, acd } = await start();
    const toSupport = { queueId: QUEUES.support.id };
    const nowhere = await refusalOf(conversations.postConversationParticipantReplaceQueue(id, agent, { queueId: 'nowhere' }));
    const hasLeft = await refusalOf(conversations.postConversationParticipantReplaceQueue(id, acd, toSupport));
    const himself = await refusalOf(conversations.postConversationParticipantReplaceAgent(id, agent, { userId: 'agent-1' }));
    const theCaller = { address: 'tel:+13175550100' };
    const caller = await refusalOf(conversations.postConversationParticipantReplaceExternal(id, agent, theCaller));
    await simulator.endConversation(id);
    const ended = await refusalOf(conversations.postConversationParticipantReplaceQueue(id, customer, toSupport));
    expect([nowhere, hasLeft, himself, caller, ended].map(({ status, body }) => [status, body.code])).toEqual([
      [400, 'conversations.error.queue.not.found'],
      [400, 'conversations.error.transfer.not.connected'],
      [400, 'conversations.error.transfer.same.party'],
      [400, 'conversations.error.transfer.same.party'],
      [400, 'call.disconnected'],
    ]);
  });

  test('a caller who waits in a queue is not transferred to it again', async () => {
    const { conversations, id, agent } = await start();
    await conversations.postConversationParticipantReplaceQueue(id, agent, { queueId: QUEUES.sales.id });
    const acd = simulator.conversation(id)?.participants.at(-1)?.id ?? '';
    const again = await refusalOf(conversations.postConversationParticipantReplaceQueue(id, acd, { queueId: QUEUES.sales.id }));
    expect(again.body.code).toBe('conversations.error.transfer.same.party');
  });

  test('a conversation that is too young is not found', async () => {
    const { conversations, id } = await start({ conversationVisibilityMs: 60_000 });
    expect((await refusalOf(conversations.getConversation(id))).body.code).toBe('conversation.not.found');
    expect(simulator.conversation(id)).not.toBeNull();
  });

  test('a write is accepted before it can be read, for one conversation longer than for others', async () => {
    const { conversations } = await start();
    const { conversation } = await simulator.placeCall({ kind: 'waiting', delays: { writeVisibilityMs: 60_000 } });
    const [customer] = conversation.participants;
    const patch = conversations.patchConversationParticipantAttributes(conversation.id, customer?.id ?? '', {
      attributes: { tier: 'gold' },
    });
    expect((await answerOf(patch)).status).toBe(202);
    expect((await answerOf(conversations.getConversation(conversation.id))).body.participants[0]?.attributes).toEqual({});
    expect(simulator.conversation(conversation.id)?.participants[0]?.attributes).toEqual({ tier: 'gold' });
  });

  test('a stale If-Match is 412, with the version as a field or as an ETag', async () => {
    for (const concurrency of ['version', 'etag'] as const) {
      const { conversations, id, customer } = await start({ concurrency });
      const { body, headers } = await answerOf(conversations.getConversation(id));
      const ifMatch = concurrency === 'etag' ? headers.etag : String((body as { version?: number }).version);
      const patch = (value: string) =>
        conversations.patchConversationParticipantAttributes(
          id,
          customer,
          { attributes: { value } },
          { customHeaders: { 'If-Match': ifMatch ?? '' } },
        );
      await patch('first');
      const stale = await refusalOf(patch('second'));
      expect([stale.status, stale.body.code]).toEqual([412, 'precondition.failed']);
      expect(simulator.conversation(id)?.participants[0]?.attributes).toEqual({ value: 'first' });
      if (concurrency === 'version') await simulator.stop();
    }
  });

  test('a fault answers its status once, and in Genesys’s shape', async () => {
    const { conversations, id } = await start();
    simulator.addFault({ call: 'get-conversation', status: 503, retryAfterSeconds: 7 });
    const { status, headers, body } = await refusalOf(conversations.getConversation(id));
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'service.unavailable', '7']);
    expect((await answerOf(conversations.getConversation(id))).status).toBe(200);
  });
});
