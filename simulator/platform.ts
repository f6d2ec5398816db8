import type { CallName } from './call-name.ts';
import { type Conversation, communicationsOf, type Participant } from './conversation.ts';
import { ConversationStore } from './conversation-store.ts';
import { CODES, PlatformError } from './error-body.ts';
import { type Delivery, EventSender } from './event-sender.ts';
import { FaultList } from './faults.ts';
import { Journal, type Write } from './journal.ts';
import { NotificationChannels } from './notification-channels.ts';
import { NotificationSockets } from './notification-sockets.ts';
import type { ResolvedOptions, SimulatorOptions } from './options.ts';
import { messageContent, transcriptionContent, type UnrelatedKind, unrelatedContent } from './other-events.ts';
import { QueueDirectory, type WrapupCode } from './queue-directory.ts';
import { type ConversationSeed, type ParticipantSeed, seedConversation, seedParticipant } from './seed-conversation.ts';
import { SlidingWindow } from './sliding-window.ts';
import { applyWrapup, mergeAttributes, transfer } from './state-machine.ts';
import { TokenStore } from './token-store.ts';
import { planTransfer } from './transfer-move.ts';
import { assertTransferAllowed, assertWrapupAllowed, assertWrapupCodeKnown, requireParticipant } from './write-precondition.ts';

/** The target of a write, and its content. */
export interface WriteTarget {
  readonly conversationId: string;
  readonly participantId: string;
  readonly ifMatch: string | null;
}

/** For one conversation, instead of the simulator's own setting. */
export type Behaviour = Pick<
  SimulatorOptions,
  'conversationVisibilityMs' | 'writeVisibilityMs' | 'transferState' | 'wrapupLevel'
>;

export interface WriteEffects {
  /** All checks are made, but nothing is kept. */
  readonly lost: boolean;
  readonly now: number;
}

/** The simulated organisation: its content, and what API clients may do to it. It is independent of HTTP. */
export class Platform {
  readonly options: ResolvedOptions;
  readonly conversations: ConversationStore;
  readonly queues: QueueDirectory;
  readonly tokens = new TokenStore();
  readonly organizationWindow = new SlidingWindow();
  readonly faults: FaultList;
  readonly journal: Journal;
  readonly events: EventSender;
  readonly channels: NotificationChannels;
  readonly sockets: NotificationSockets;
  /** Of the client; `null` is all. Can be changed while it runs. */
  permissions: readonly string[] | null;
  readonly #routeWindows = new Map<CallName, SlidingWindow>();
  readonly #behaviours = new Map<string, Behaviour>();
  #otherWrites = 0;

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.permissions = options.permissions;
    this.channels = new NotificationChannels({ ...options.notifications, permissions: () => this.permissions });
    this.sockets = new NotificationSockets(this.channels, options.notifications);
    this.conversations = new ConversationStore({
      withVersionField: options.concurrency === 'version',
      onChange: (conversation) => this.sockets.publish(conversation),
    });
    this.queues = new QueueDirectory(options.queues);
    this.faults = new FaultList(options.seed);
    this.journal = new Journal(options.journalLimit);
    this.events = new EventSender(options.webhook);
  }

  windowOf(call: CallName): SlidingWindow {
    const window = this.#routeWindows.get(call) ?? new SlidingWindow();
    this.#routeWindows.set(call, window);
    return window;
  }

  createConversation(seed: ConversationSeed, behaviour: Behaviour = {}): Conversation {
    const now = Date.now();
    const conversation = seedConversation(seed, now);
    const { conversationVisibilityMs, writeVisibilityMs } = { ...this.options, ...behaviour };
    this.#behaviours.set(conversation.id, behaviour);
    this.conversations.create(conversation, { existsAt: now + conversationVisibilityMs, writeVisibilityMs });
    return conversation;
  }

  addParticipants(conversationId: string, seeds: readonly ParticipantSeed[]): Conversation {
    const now = Date.now();
    const joining = seeds.map((seed) => seedParticipant(seed, new Date(now).toISOString()));
    const join = (current: Conversation) => ({ ...current, participants: [...current.participants, ...joining] });
    return this.conversations.mutate(conversationId, join, now);
  }

  /** Forgets conversations, faults, journal and deliveries; tokens, queues and notification channels stay. */
  reset(): void {
    this.conversations.clear();
    this.#behaviours.clear();
    this.faults.clear();
    this.faults.reseed(this.options.seed);
    this.journal.clear();
    this.events.clear();
  }

  /**
   * A write by another client of the organisation: visible at once, not in the journal. It raises an event as every write does.
   */
  setAttributes(conversationId: string, participantId: string, attributes: Readonly<Record<string, string>>): Conversation {
    const now = Date.now();
    const change = (current: Conversation) => mergeAttributes(current, participantId, attributes);
    const conversation = this.conversations.mutate(conversationId, change, now);
    if (this.options.emitEvents) {
      const participant = requireParticipant(conversation, participantId);
      void this.events.raise({ conversation, participant, at: now, kind: 'attributes', attributes });
    }
    return conversation;
  }

  raiseUnrelated(kind: UnrelatedKind): Promise<Delivery[]> {
    return this.events.send(unrelatedContent(kind, Date.now()));
  }

  raiseUtterance(conversationId: string, participantId: string): Promise<Delivery[]> {
    const now = Date.now();
    const { conversation } = this.conversations.accepted(conversationId, now);
    const participant = requireParticipant(conversation, participantId);
    const spoken = communicationsOf(participant).media === 'voice';
    const content = (spoken ? transcriptionContent : messageContent)(conversation, participant, now);
    return this.events.send(content, conversationId);
  }

  #behaviourOf(conversationId: string) {
    return { ...this.options, ...this.#behaviours.get(conversationId) };
  }

  /** A change by another writer, for faults that cause a conflict. A conversation without participants has nothing to change. */
  touch(conversationId: string): void {
    const [participant] = this.conversations.find(conversationId)?.participants ?? [];
    if (participant) this.setAttributes(conversationId, participant.id, { 'simulator.otherWriter': String(++this.#otherWrites) });
  }

  listWrapupCodes(conversationId: string, participantId: string, now: number): readonly WrapupCode[] {
    const { conversation } = this.conversations.accepted(conversationId, now);
    const participant = requireParticipant(conversation, participantId);
    return this.queues.find(participant.queueId)?.wrapupCodes ?? [];
  }

  /**
   * Checks the write as Genesys would, and applies it unless it is lost. Throws a PlatformError. Returns the participant as
   * written.
   */
  write(target: WriteTarget, write: Write, { lost, now }: WriteEffects): Participant {
    const { conversation, version, writeVisibilityMs } = this.conversations.accepted(target.conversationId, now);
    const participant = requireParticipant(conversation, target.participantId);
    this.#assertCurrent(target.ifMatch, version);
    this.#assertAllowed(conversation, participant, write);
    if (lost) return participant;
    const change = this.#change(conversation.id, participant, write, now);
    const changed = this.conversations.mutate(conversation.id, change, now, now + writeVisibilityMs);
    const written = requireParticipant(changed, participant.id);
    if (this.options.emitEvents) this.#raiseOwnWrite(changed, written, write, now);
    return written;
  }

  #assertCurrent(ifMatch: string | null, version: number): void {
    if (this.options.concurrency === 'none' || ifMatch === null || ifMatch === '*') return;
    if (ifMatch.replace(/^W\//, '').replaceAll('"', '') === String(version)) return;
    throw new PlatformError(412, CODES.preconditionFailed, 'The conversation was modified by another process.');
  }

  #assertAllowed(conversation: Conversation, participant: Participant, write: Write): void {
    if (write.kind === 'wrapup') {
      assertWrapupAllowed(conversation, participant, write.communicationId, this.options);
      assertWrapupCodeKnown(participant, write.code, this.queues);
    }
    if (write.kind === 'transfer') assertTransferAllowed(conversation, participant, write.destination, this.queues);
  }

  #change(
    conversationId: string,
    participant: Participant,
    write: Write,
    now: number,
  ): (conversation: Conversation) => Conversation {
    const { wrapupLevel, transferState } = this.#behaviourOf(conversationId);
    if (write.kind === 'attributes') return (current) => mergeAttributes(current, participant.id, write.attributes);
    if (write.kind === 'wrapup') {
      const { kind, communicationId, ...input } = write;
      return (current) => applyWrapup(current, participant.id, input, now, { level: wrapupLevel, communicationId });
    }
    const move = planTransfer(participant, write, transferState, now);
    return (current) => transfer(current, participant.id, move, now);
  }

  #raiseOwnWrite(conversation: Conversation, participant: Participant, write: Write, at: number): void {
    const event = { conversation, participant, at };
    if (write.kind === 'attributes') void this.events.raise({ ...event, kind: 'attributes', attributes: write.attributes });
    if (write.kind === 'wrapup') void this.events.raise({ ...event, kind: 'wrapup' });
    if (write.kind === 'transfer' && participant.endTime !== undefined) {
      const successor = conversation.participants.at(-1);
      void this.events.raise({ ...event, kind: participant.userId === undefined ? 'acd.end' : 'user.end' });
      if (successor?.purpose === 'acd') void this.events.raise({ ...event, participant: successor, kind: 'acd.start' });
    }
  }
}
