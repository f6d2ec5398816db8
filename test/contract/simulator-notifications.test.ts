import { once } from 'node:events';
import type { Models } from 'purecloud-platform-client-v2';
import { afterEach, describe, expect, test } from 'vitest';
import type { NotificationOptions, SimulatorOptions } from '../../simulator/options.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';
import { answerOf, connectSdk, refusalOf } from './platform-client.ts';

const SUPPORT = `v2.routing.queues.${QUEUES.support.id}.conversations`;

interface Notification {
  readonly topicName: string;
  readonly eventBody: Readonly<Record<string, unknown>>;
}

/** Node's own WebSocket, which shares nothing with the simulator's server. */
class PlainClient {
  readonly socket: WebSocket;
  readonly received: Notification[] = [];
  readonly #arrived = new EventTarget();

  constructor(connectUri: string) {
    this.socket = new WebSocket(connectUri);
    this.socket.onmessage = ({ data }) => {
      this.received.push(JSON.parse(String(data)) as Notification);
      this.#arrived.dispatchEvent(new Event('message'));
    };
  }

  async waitFor(matches: (message: Notification) => boolean): Promise<Notification> {
    for (;;) {
      const found = this.received.find(matches);
      if (found) return found;
      await once(this.#arrived, 'message');
    }
  }
}

describe('the official SDK and a plain WebSocket client use the notification service', () => {
  let simulator: Simulator;
  const clients: PlainClient[] = [];
  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.close();
    await simulator.stop();
  });

  async function start(notifications: Partial<NotificationOptions> = {}, options: SimulatorOptions = {}) {
    simulator = await startSimulator({ writeVisibilityMs: 0, notifications: { heartbeatMs: 0, ...notifications }, ...options });
    const sdk = connectSdk(simulator);
    await sdk.login();
    return sdk;
  }

  async function open(channel: Models.Channel): Promise<PlainClient> {
    const client = new PlainClient(channel.connectUri ?? '');
    clients.push(client);
    await once(client.socket, 'open');
    return client;
  }

  const createChannel = async (sdk: ReturnType<typeof connectSdk>) =>
    (await answerOf(sdk.notifications.postNotificationsChannels())).body;
  const subscribe = async (sdk: ReturnType<typeof connectSdk>, channel: Models.Channel, ids: readonly string[]) => {
    const topics = ids.map((id) => ({ id }));
    const put = sdk.notifications.putNotificationsChannelSubscriptions(channel.id ?? '', topics, { ignoreErrors: true });
    return (await answerOf(put)).body.entities ?? [];
  };

  test('a channel carries the whole conversation of a queue, with its attributes, at each change', async () => {
    const sdk = await start();
    const channel = await createChannel(sdk);
    expect(Date.parse(channel.expires ?? '') - Date.now()).toBeGreaterThan(86_000_000);
    expect(await subscribe(sdk, channel, [SUPPORT])).toEqual([{ id: SUPPORT, state: 'Permitted' }]);
    const client = await open(channel);
    const { conversationId } = await simulator.placeCall({
      kind: 'in-progress',
      userId: 'agent-1',
      attributes: { tier: 'gold' },
    });
    const answered = await client.waitFor(
      ({ eventBody }) => JSON.stringify(eventBody).includes('"connected"') && agentOf(eventBody) !== null,
    );
    expect(answered).toMatchObject({ topicName: SUPPORT, version: '2', eventBody: { id: conversationId } });
    expect(answered.eventBody.participants).toMatchObject([{ purpose: 'customer', attributes: { tier: 'gold' } }, {}, {}, {}]);
    expect(Object.keys(answered.eventBody)).not.toContain('startTime');
    await sdk.conversations.patchConversationParticipantAttributes(conversationId, customerOf(answered.eventBody), {
      attributes: { tier: 'platinum' },
    });
    await client.waitFor(({ eventBody }) => JSON.stringify(eventBody).includes('platinum'));
  });

  test('heartbeats come, a ping is answered, and the end of a socket is announced', async () => {
    const sdk = await start({ closingNoticeMs: 0 });
    const client = await open(await createChannel(sdk));
    simulator.sendHeartbeats();
    await client.waitFor(({ eventBody }) => eventBody.message === 'WebSocket Heartbeat');
    client.socket.send('{"message":"ping"}');
    expect(await client.waitFor(({ eventBody }) => eventBody.message === 'pong')).toMatchObject({
      topicName: 'channel.metadata',
    });
    const closed = once(client.socket, 'close');
    simulator.announceSocketClosing();
    await client.waitFor(({ topicName }) => topicName === 'v2.system.socket_closing');
    await closed;
  });

  test('a topic without its permission, one that is unknown and one of another transport are refused one by one', async () => {
    const sdk = await start({}, { permissions: ['routing:queue:view'] });
    const channel = await createChannel(sdk);
    const audits = 'v2.audits.entitytype.queue.entityid.q-1';
    const ids = [
      SUPPORT,
      'v2.users.agent-1.conversations',
      'v2.nothing.of.the.kind',
      audits,
      'v2.routing.queues.*.conversations',
    ];
    const decided = await subscribe(sdk, channel, ids);
    expect(decided.map(({ state }) => state)).toEqual(['Permitted', 'Rejected', 'Rejected', 'Rejected', 'Rejected']);
    expect(decided[1]).toMatchObject({ missingPermissions: ['conversation:communication:view'] });
    expect(decided[3]?.rejectionReason).toContain('transport');
    const kept = await answerOf(sdk.notifications.getNotificationsChannelSubscriptions(channel.id ?? ''));
    expect(kept.body.entities?.map(({ id }) => id)).toEqual([SUPPORT]);
    const strict = sdk.notifications.putNotificationsChannelSubscriptions(channel.id ?? '', [{ id: 'v2.nothing' }]);
    expect((await refusalOf(strict)).status).toBe(400);
  });

  test('a channel ends after its life, its socket with it', async () => {
    let now = Date.now();
    const sdk = await start({ now: () => now });
    const channel = await createChannel(sdk);
    const client = await open(channel);
    const closed = once(client.socket, 'close');
    now += 86_400_000;
    simulator.sendHeartbeats();
    await closed;
    expect((await refusalOf(sdk.notifications.getNotificationsChannelSubscriptions(channel.id ?? ''))).status).toBe(404);
  });

  test('a client has 20 channels, the idle ones of which make room, and a channel 1,000 topics', async () => {
    const sdk = await start({ maxChannels: 2, maxTopics: 2 });
    const first = await createChannel(sdk);
    await open(await createChannel(sdk));
    await open(await createChannel(sdk));
    expect((await refusalOf(sdk.notifications.getNotificationsChannelSubscriptions(first.id ?? ''))).status).toBe(404);
    const { status, headers } = await refusalOf(sdk.notifications.postNotificationsChannels());
    expect([status, headers['retry-after']]).toEqual([429, '60']);
    const [channel] = (await answerOf(sdk.notifications.getNotificationsChannels())).body.entities ?? [];
    const topics = ['a', 'b', 'c'].map((id) => ({ id: `v2.users.${id}.conversations` }));
    const put = sdk.notifications.putNotificationsChannelSubscriptions(channel?.id ?? '', topics);
    expect((await refusalOf(put)).body.code).toBe('too.many.topics');
  });

  test('queues, codes, limits and topics are listed', async () => {
    const sdk = await start({}, { limits: { 'client.credentials.token.rate.per.minute': 300 } });
    const page = (await answerOf(sdk.routing.getRoutingQueues({ pageSize: 2, pageNumber: 2 }))).body;
    expect(page).toMatchObject({ entities: [{ name: 'Sales' }], pageCount: 2, pageNumber: 2, total: 3 });
    expect((await answerOf(sdk.routing.getRoutingQueues({ name: 'supp*' }))).body.entities).toMatchObject([{ name: 'Support' }]);
    const codes = (await answerOf(sdk.routing.getRoutingWrapupcodes({ pageSize: 100 }))).body.entities;
    expect(codes?.map(({ id }) => id).sort()).toEqual(Object.values(WRAPUP_CODES).map(({ id }) => id));
    const limits = (await answerOf(sdk.organization.getOrganizationsLimitsNamespace('platform.api'))).body.entities;
    expect(limits).toContainEqual({ key: 'client.credentials.token.rate.per.minute', namespace: 'platform.api', value: 300 });
    const expand = ['transports', 'requiresPermissions'];
    const topics = (await answerOf(sdk.notifications.getNotificationsAvailabletopics({ expand }))).body.entities;
    expect(topics?.find(({ id }) => id === 'v2.routing.queues.{id}.conversations')?.transports).toContain('Websocket');
  });

  test('conversations of a queue that have no end are found', async () => {
    const sdk = await start();
    const open = await simulator.placeCall({ kind: 'in-progress' });
    await simulator.placeCall({ kind: 'answered' });
    await simulator.placeCall({ kind: 'in-progress', queueId: QUEUES.sales.id });
    const query = (pageNumber: number): Models.ConversationQuery => ({
      interval: `${new Date(Date.now() - 3_600_000).toISOString()}/${new Date(Date.now() + 1_000).toISOString()}`,
      conversationFilters: [
        { type: 'and', predicates: [{ type: 'dimension', dimension: 'conversationEnd', operator: 'notExists' }] },
      ],
      segmentFilters: [
        { type: 'or', predicates: [{ type: 'dimension', dimension: 'queueId', operator: 'matches', value: QUEUES.support.id }] },
      ],
      paging: { pageSize: 1, pageNumber },
    });
    const found = (await answerOf(sdk.analytics.postAnalyticsConversationsDetailsQuery(query(1)))).body;
    expect(found).toMatchObject({ totalHits: 1, conversations: [{ conversationId: open.conversationId }] });
    expect((await answerOf(sdk.analytics.postAnalyticsConversationsDetailsQuery(query(2)))).body.conversations).toBeUndefined();
  });

  test('a call without its permission is refused with the permission’s name', async () => {
    const sdk = await start({}, { permissions: [] });
    const { status, body } = await refusalOf(sdk.routing.getRoutingQueues());
    expect([status, body.code]).toEqual([403, 'missing.any.permissions']);
    expect(body.message).toContain('routing:queue:view');
  });
});

function participantsOf(body: Notification['eventBody']): readonly { readonly id: string; readonly purpose: string }[] {
  return body.participants as readonly { id: string; purpose: string }[];
}

function agentOf(body: Notification['eventBody']) {
  return participantsOf(body)?.find(({ purpose }) => purpose === 'agent') ?? null;
}

function customerOf(body: Notification['eventBody']): string {
  return participantsOf(body).find(({ purpose }) => purpose === 'customer')?.id ?? '';
}
