import fastify, { type FastifyInstance } from 'fastify';
import type { CallStep } from './call-step.ts';
import { registerControlRoutes } from './control-routes.ts';
import type { Conversation } from './conversation.ts';
import type { Delivery } from './event-sender.ts';
import type { Fault, FaultSpec } from './faults.ts';
import type { ExecutedWrite, JournalRecord } from './journal.ts';
import { resolveOptions, type SimulatorOptions, type WebhookOptions } from './options.ts';
import type { UnrelatedKind } from './other-events.ts';
import { advance, type CallScript, type PlacedCall, placeCall } from './place-call.ts';
import { type Behaviour, Platform } from './platform.ts';
import { registerPlatformRoutes } from './platform-routes.ts';
import type { Queue } from './queue-directory.ts';
import type { ConversationSeed, ParticipantSeed } from './seed-conversation.ts';

/** Genesys refuses larger bodies. */
const BODY_LIMIT_BYTES = 512_000;

/** A running simulator; everything that the control API offers, as functions. */
export interface Simulator {
  /** Login and API alike, without a trailing slash. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Ends the server, including open connections, and waits for deliveries under way. */
  stop(): Promise<void>;
  /** Forgets conversations, faults, journal and deliveries; tokens, queues and the webhook stay. */
  reset(): void;

  createConversation(seed: ConversationSeed, delays?: Behaviour): Conversation;
  /** Includes every accepted write, also one that a GET does not show yet; `null` when unknown. */
  conversation(conversationId: string): Conversation | null;
  conversations(): Conversation[];
  /** A write by another client of the organisation; visible at once and not in the journal. */
  setAttributes(conversationId: string, participantId: string, attributes: Readonly<Record<string, string>>): Conversation;
  addQueue(queue: Queue): void;
  /** Throws IllegalTransition when the step is not possible; resolves when its events are delivered. */
  advance(conversationId: string, step: CallStep): Promise<Delivery[]>;
  endConversation(conversationId: string): Promise<Delivery[]>;
  placeCall(script?: CallScript): Promise<PlacedCall>;

  /** A participant joins, as a seed; visible at once. */
  addParticipants(conversationId: string, participants: readonly ParticipantSeed[]): Conversation;
  /** An event that is not about a conversation, as buses and channels carry them. */
  raiseUnrelated(kind: UnrelatedKind): Promise<Delivery[]>;
  /** A participant speaks or writes: `v2.conversations.{id}.transcription`, or a message of a digital medium. */
  raiseUtterance(conversationId: string, participantId: string): Promise<Delivery[]>;

  setWebhook(webhook: WebhookOptions | null): void;
  /** Sends the same bytes with the same headers again. */
  redeliver(delivery: Delivery): Promise<Delivery>;
  deliveries(): readonly Delivery[];
  /** Resolves when no event is on its way any more, including those that writes raised. */
  eventsDelivered(): Promise<void>;

  addFault(spec: FaultSpec): Fault;
  faults(): readonly Fault[];
  clearFaults(): void;
  revokeTokens(): void;
  /** Tokens issued since the start. */
  tokensIssued(): number;

  journal(): readonly JournalRecord[];
  executedWrites(): ExecutedWrite[];
  /** Channels of the notification service that have not expired, oldest first. */
  notificationChannels(): readonly { readonly id: string; readonly topics: ReadonlySet<string>; readonly connected: boolean }[];
  /** Messages about conversations that were sent over sockets. */
  notificationsPublished(): number;
  /** Resolves when everything that was sent over sockets has been read. */
  notificationsRead(): Promise<void>;
  /** Sends every socket a heartbeat, and closes those whose channel has expired. */
  sendHeartbeats(): void;
  /** `v2.system.socket_closing` to that channel, or to all; its socket is closed after the notice. */
  announceSocketClosing(channelId?: string): void;
  /** Breaks the socket of that channel, or of all; returns how many there were. */
  dropSockets(channelId?: string): number;
  /** The sockets stay open, and nothing is sent any more. */
  silenceSockets(channelId?: string): void;
  /** The permissions of the OAuth client, from now on. */
  setPermissions(permissions: readonly string[] | null): void;
  removeQueue(queueId: string): void;

  /** Records lost to the journal's limit since it was last cleared. */
  journalDropped(): number;
  clearJournal(): void;
}

/** Starts a Genesys Cloud stand-in on a free port of the loopback interface, unless the options say otherwise. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const resolved = resolveOptions(options);
  const platform = new Platform(resolved);
  const app = createApp(platform);
  const address = await app.listen({ host: resolved.host, port: resolved.port });
  const { clientId, clientSecret } = resolved;
  return {
    url: address,
    clientId,
    clientSecret,
    ...lifecycle(app, platform),
    ...conversationControls(platform),
    ...recordControls(platform),
    ...notificationControls(platform),
  };
}

function createApp(platform: Platform): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1024 },
  });
  // The only body that is no JSON: that of the token request.
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  // As Fastify's own parser, but the SDK sends the JSON type also without a body, and Genesys accepts it.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null) : parseJson(request, String(body), done),
  );
  registerPlatformRoutes(app, platform);
  registerControlRoutes(app, platform);
  platform.sockets.attach(app.server);
  return app;
}

function lifecycle(app: FastifyInstance, platform: Platform) {
  return {
    stop: async () => {
      platform.sockets.close();
      await app.close();
      await platform.events.idle();
    },
    reset: () => platform.reset(),
  } satisfies Partial<Simulator>;
}

function conversationControls(platform: Platform) {
  return {
    createConversation: (seed, delays) => platform.createConversation(seed, delays),
    conversation: (conversationId) => platform.conversations.find(conversationId),
    conversations: () => platform.conversations.list(),
    setAttributes: (conversationId, participantId, attributes) =>
      platform.setAttributes(conversationId, participantId, attributes),
    addQueue: (queue) => platform.queues.add(queue),
    advance: (conversationId, step) => advance(platform, conversationId, step),
    endConversation: (conversationId) => advance(platform, conversationId, { step: 'end' }),
    placeCall: (script) => placeCall(platform, script),
    addParticipants: (conversationId, participants) => platform.addParticipants(conversationId, participants),
    raiseUnrelated: (kind) => platform.raiseUnrelated(kind),
    raiseUtterance: (conversationId, participantId) => platform.raiseUtterance(conversationId, participantId),
    setWebhook: (webhook) => platform.events.setWebhook(webhook),
    redeliver: (delivery) => platform.events.redeliver(delivery),
    deliveries: () => platform.events.deliveries(),
    eventsDelivered: () => platform.events.idle(),
  } satisfies Partial<Simulator>;
}

function notificationControls(platform: Platform) {
  const { channels, sockets } = platform;
  return {
    notificationChannels: () => channels.list().map(({ id, topics }) => ({ id, topics, connected: sockets.isConnected(id) })),
    notificationsPublished: () => sockets.published,
    notificationsRead: () => sockets.read(),
    sendHeartbeats: () => sockets.heartbeat(),
    announceSocketClosing: (channelId) => sockets.announceClosing(channelId),
    dropSockets: (channelId) => sockets.drop(channelId),
    silenceSockets: (channelId) => sockets.silence(channelId),
    setPermissions: (permissions) => {
      platform.permissions = permissions;
    },
    removeQueue: (queueId) => platform.queues.remove(queueId),
  } satisfies Partial<Simulator>;
}

function recordControls(platform: Platform) {
  return {
    addFault: (spec) => platform.faults.add(spec),
    faults: () => platform.faults.list(),
    clearFaults: () => platform.faults.clear(),
    revokeTokens: () => platform.tokens.revokeAll(),
    tokensIssued: () => platform.tokens.issued,
    journal: () => platform.journal.records(),
    executedWrites: () => platform.journal.executedWrites(),
    journalDropped: () => platform.journal.dropped,
    clearJournal: () => platform.journal.clear(),
  } satisfies Partial<Simulator>;
}
