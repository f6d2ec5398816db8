import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebhookOptions } from '../../../simulator/options.ts';
import { CALL_KINDS } from '../../../simulator/place-call.ts';
import { WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import { signBody } from '../../../simulator/sign-delivery.ts';
import { type Simulator, startSimulator } from '../../../simulator/start-simulator.ts';

const SECRET = 'a-secret-of-the-webhook';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** A webhook that keeps what it gets. One that is held answers no delivery before it is released; a GET it answers at once. */
async function startWebhook({ held = false } = {}) {
  const received: Received[] = [];
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  if (!held) released.resolve();
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return response.writeHead(204).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ headers: request.headers, bytes: Buffer.concat(chunks) });
    arrived.resolve();
    await released.promise;
    return response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/genesys`;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { url, received, arrived: arrived.promise, release: released.resolve, close };
}

describe('a placed call', () => {
  let webhook: Awaited<ReturnType<typeof startWebhook>>;
  let simulator: Simulator;

  beforeEach(async () => {
    webhook = await startWebhook();
    simulator = await startSimulator({ emitEvents: true, writeVisibilityMs: 0 });
  });
  afterEach(async () => {
    await simulator.stop();
    await webhook.close();
  });

  const deliverTo = (options: Partial<WebhookOptions> = {}) =>
    simulator.setWebhook({ url: webhook.url, secret: SECRET, ...options });
  const bodies = () => webhook.received.map(({ bytes }) => JSON.parse(bytes.toString()));
  const kinds = () => bodies().map((body) => body.detail.topicName.split('.').slice(5).join('.'));

  test('raises the events of its kind in their order, each signed over its bytes', async () => {
    deliverTo();
    const { deliveries } = await simulator.placeCall({ kind: 'wrapped-up' });
    expect(kinds()).toEqual([
      'customer.start',
      'flow.start',
      'flow.end',
      'acd.start',
      'user.start',
      'acd.end',
      'user.end',
      'customer.end',
      'wrapup',
      'acw',
    ]);
    for (const { headers, bytes } of webhook.received) expect(headers['x-genesys-signature']).toBe(signBody(SECRET, bytes));
    expect(deliveries.map(({ status }) => status)).toEqual(deliveries.map(() => 202));
    expect(new Set(bodies().map(({ id }) => id)).size).toBe(webhook.received.length);
  });

  test('is told one event after the other', async () => {
    const patient = await startWebhook({ held: true });
    deliverTo({ url: patient.url });
    const placed = simulator.placeCall({ kind: 'answered' });
    await patient.arrived;
    for (let trip = 0; trip < 3; trip += 1) await fetch(patient.url);
    expect(patient.received).toHaveLength(1);
    patient.release();
    expect((await placed).deliveries).toHaveLength(8);
    await patient.close();
  });

  test.each(CALL_KINDS)('of the kind %s can be played', async (kind) => {
    const { conversation } = await simulator.placeCall({ kind, media: 'chat' });
    expect(conversation.participants[0]).toMatchObject({ purpose: 'customer', chats: [{ direction: 'inbound' }] });
  });

  test('can carry participant ids that the API does not know, always the same for a participant', async () => {
    deliverTo({ transientParticipantIds: true });
    const { conversation } = await simulator.placeCall({ kind: 'abandoned' });
    const ofCustomer = bodies().filter((body) => body['detail-type'].includes('customer'));
    const [start, end] = ofCustomer.map(({ detail }) => detail.eventBody.participantId);
    expect(conversation.participants.map(({ id }) => id)).not.toContain(start);
    expect(end).toBe(start);
    expect(ofCustomer[0].detail.eventBody.sessionId).toBe(conversation.participants[0]?.calls?.[0]?.id);
  });

  test('can be told as notifications, with snapshots for the agent', async () => {
    deliverTo({ envelope: 'notification', snapshots: true });
    const { conversationId } = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
    const snapshot = bodies().find(({ topicName }) => topicName === 'v2.users.agent-1.conversations.calls');
    expect(snapshot.eventBody).toMatchObject({ id: conversationId });
  });

  test('lasts as long as calls do, sped up, and its events tell the durations of life', async () => {
    const quick = await startSimulator({ writeVisibilityMs: 0, speed: 4_000, webhook: { url: webhook.url } });
    await quick.placeCall({ kind: 'answered' });
    await quick.stop();
    const { participants } = quick.conversations()[0] ?? { participants: [] };
    const agent = participants.find(({ purpose }) => purpose === 'agent');
    expect(Date.parse(agent?.endTime ?? '') - Date.parse(agent?.connectedTime ?? '')).toBeGreaterThanOrEqual(44);
    const end = bodies().find((body) => body['detail-type'].endsWith('user.end'));
    expect(end.detail.eventBody).toMatchObject({ interactingDurationMs: 180_000 });
  });

  test('of an agent who never answers ends with an event that says how long it rang', async () => {
    deliverTo();
    await simulator.placeCall({ kind: 'unanswered' });
    expect(kinds().slice(-2)).toEqual(['user.start', 'user.end']);
    expect(bodies().at(-1).detail.eventBody).toMatchObject({ alertingDurationMs: 6_000, interactingDurationMs: 0 });
  });

  test('is accompanied by what is said in it, and by what is about no conversation', async () => {
    deliverTo();
    for (const media of ['voice', 'chat'] as const) {
      const { conversation } = await simulator.placeCall({ kind: 'in-progress', media });
      await simulator.raiseUtterance(conversation.id, conversation.participants[0]?.id ?? '');
    }
    await simulator.raiseUnrelated('presence');
    const topics = bodies().map((body) => body['detail-type']);
    expect(topics).toContain('v2.conversations.{id}.transcription');
    expect(topics).toContain('v2.conversations.chats.{id}.messages');
    expect(topics.at(-1)).toBe('v2.users.{id}.presence');
  });

  test('is written to by others, whose writes raise events too', async () => {
    deliverTo();
    const { conversation } = await simulator.placeCall({ kind: 'waiting' });
    simulator.setAttributes(conversation.id, conversation.participants[0]?.id ?? '', { tier: 'gold' });
    await simulator.eventsDelivered();
    expect(bodies().at(-1).detail.eventBody).toMatchObject({ attributes: { tier: 'gold' } });
  });

  test('can be delivered again, byte for byte', async () => {
    deliverTo();
    const { deliveries } = await simulator.placeCall({ kind: 'waiting' });
    const [first] = deliveries;
    if (!first) throw new Error('nothing was delivered');
    await simulator.redeliver(first);
    expect(webhook.received.at(-1)?.bytes).toEqual(webhook.received[0]?.bytes);
  });

  test('raises an event for a write of an API client', async () => {
    deliverTo();
    const { conversation } = await simulator.placeCall({ kind: 'after-call-work' });
    const { headers } = await authorize(simulator);
    const path = (purpose: string) =>
      `${simulator.url}/api/v2/conversations/${conversation.id}/participants/${conversation.participants.find((each) => each.purpose === purpose)?.id}`;
    webhook.received.length = 0;
    const attributes = JSON.stringify({ attributes: { tier: 'gold' } });
    await fetch(`${path('customer')}/attributes`, { method: 'PATCH', headers, body: attributes });
    const wrapup = JSON.stringify({ wrapup: { code: WRAPUP_CODES.resolved.id } });
    await fetch(path('agent'), { method: 'PATCH', headers, body: wrapup });
    await simulator.eventsDelivered();
    expect(kinds()).toEqual(['attributes', 'wrapup']);
    expect(bodies().map(({ detail }) => detail.eventBody)).toMatchObject([
      { attributes: { tier: 'gold' } },
      { wrapupCode: WRAPUP_CODES.resolved.id },
    ]);
  });
});

async function authorize(simulator: Simulator) {
  const basic = Buffer.from(`${simulator.clientId}:${simulator.clientSecret}`).toString('base64');
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  const response = await fetch(`${simulator.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body,
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } };
}
