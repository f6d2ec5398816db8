import { setTimeout as delay } from 'node:timers/promises';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { GenesysCall, ObservableGenesysClient } from '../genesys/genesys-client.ts';
import type { AwaitedProofs } from '../inbox/awaited-proofs.ts';
import type { CommandStore } from '../inbox/command-store.ts';
import { encodeEntry } from '../inbox/entry-format.ts';
import type { Inbox, InboxItem, Settled } from '../inbox/inbox.ts';
import type { DeadLetters } from '../queue/dead-letters.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type BatchSpans, startBatchSpans } from '../telemetry/messaging-spans.ts';
import { recordCallsSaved } from '../telemetry/metrics.ts';
import { BACKOFF, type Backoff } from './backoff.ts';
import type { Reservation } from './byte-budget.ts';
import { ConversationView } from './conversation-view.ts';
import type { EntryProgress, GiveBackPause } from './entry-progress.ts';
import { headOf, isLook, type Looking, lookAt, untilOther } from './look.ts';
import { beginGrace, type PlanEntryDependencies, planEntry } from './plan-entry.ts';
import { READ_BACK_DELAYS_MS } from './read-back.ts';
import { recordStories } from './record-story.ts';
import { listCalls, reportCosts, reportEntry, reportUnreadable } from './report-entry.ts';
import { type Confirmation, runBatch } from './run-batch.ts';

export interface ConversationProcessing extends PlanEntryDependencies, Confirmation {
  /** Called before a wait that needs neither CPU nor a connection: the process may take another conversation meanwhile. */
  lendPlace(): void;
  readonly inbox: Inbox;
  readonly proofs: Pick<AwaitedProofs, 'take'>;
  readonly planFromSnapshots: boolean;
  /** Waits for room among all batches of the process. */
  reserveMemory(bytes: number): Promise<Reservation>;
  readonly genesys: ObservableGenesysClient;
  readonly deadLetters: Pick<DeadLetters, 'add' | 'addUnreadable'>;
  readonly story: StoryRecorder;
  readonly commands: Pick<CommandStore, 'finish'>;
  takeSnapshot: Looking['takeSnapshot'];
  readonly logger: Logger;
  /** Tries at a transient failure before the dead letter. */
  readonly attempts: number;
  /** Default {@link BACKOFF}. */
  readonly backoff?: Backoff;
  /** Default {@link READ_BACK_DELAYS_MS}. */
  readonly readBackDelaysMs?: readonly number[];
  /** For tests, which use shorter waits. */
  readonly giveBackPauseMs?: GiveBackPause;
}

/** The maximum of one batch: the rest is another batch, so that one busy conversation does not keep a worker's memory. */
const BATCH_LIMIT = { entries: 200, bytes: 4 * 1024 * 1024 };

/** Long enough for the worker that has the conversation to finish a batch. */
const AFTER_SUPERSEDED_MS = 1000;

/**
 * After this many batches other conversations have their turn: a conversation with endless events must not keep a slot forever.
 */
const BATCHES_IN_A_ROW = 10;

/**
 * Processes a conversation's inbox, batch by batch, until it is empty, has to wait, or others have their turn. If it is killed at
 * any point, its entries stay in the inbox; the next run finds that completed work is done.
 * @returns when to process it again (epoch milliseconds), `null` when the inbox is empty
 */
export async function processConversation(
  conversationId: string,
  { signal }: { readonly signal: AbortSignal },
  processing: ConversationProcessing,
): Promise<{ readonly retryAt: number | null }> {
  const calls: GenesysCall[] = [];
  const client = processing.genesys.withObserver((call) => calls.push(call));
  const view = new ConversationView({ conversationId, client, signal });
  const rest = (pauseMs: number) => {
    processing.lendPlace();
    return delay(pauseMs, undefined, { signal });
  };
  for (let batches = 0; batches < BATCHES_IN_A_ROW; batches += 1) {
    const held = await processing.reserveMemory(BATCH_LIMIT.bytes);
    try {
      const items = await processing.inbox.read(conversationId, BATCH_LIMIT.entries, { maxBytes: BATCH_LIMIT.bytes });
      if (items.length === 0) return { retryAt: null };
      held.shrinkTo(sizeOf(items));
      calls.length = 0;
      const batch = new Batch({ conversationId, view, calls, rest, held, processing }, items);
      const { retryAt, settled, remaining, awaiting, evidence } = await batch.process();
      // Another worker has the conversation, or a settlement that Redis completed was requested again after a reconnect.
      if (!settled) return { retryAt: processing.now() + AFTER_SUPERSEDED_MS };
      if (retryAt !== null) return { retryAt };
      // An entry or evidence that comes from here on has its own job, which follows this one.
      if (remaining === awaiting && evidence === 0) return { retryAt: null };
    } finally {
      held.shrinkTo(0);
    }
  }
  return { retryAt: processing.now() };
}

interface Processed extends Settled {
  readonly retryAt: number | null;
  /** Entries that stay in the inbox because their writes await proof. */
  readonly awaiting: number;
}

interface BatchContext {
  readonly conversationId: string;
  readonly view: ConversationView;
  /** Filled by the client, emptied between batches. */
  readonly calls: readonly GenesysCall[];
  /** @throws AbortError */
  rest(pauseMs: number): Promise<void>;
  /** For the entries that were read. */
  readonly held: Reservation;
  readonly processing: ConversationProcessing;
}

/** One batch from reading to settling. */
class Batch {
  private readonly conversationId: string;
  private readonly processing: ConversationProcessing;
  private readonly view: ConversationView;
  private readonly calls: readonly GenesysCall[];
  private readonly rest: (pauseMs: number) => Promise<void>;
  private readonly held: Reservation;
  private readonly startedAt = performance.now();
  private items: readonly InboxItem[];
  private spans: BatchSpans | null = null;
  /** It waits for a process that knows its rules; it and everything after it are not part of the batch. */
  private blocked: EntryProgress | null = null;
  /** Entries after it whose rules are not known either, with the time since when. */
  private behind: ReturnType<typeof beginGrace> = [];

  /** Behind the batch is something that belongs to the next one. */
  private isClosed: boolean;

  constructor({ conversationId, view, calls, rest, held, processing }: BatchContext, items: readonly InboxItem[]) {
    this.conversationId = conversationId;
    this.view = view;
    this.calls = calls;
    this.rest = rest;
    this.held = held;
    this.processing = processing;
    this.items = headOf(items);
    this.isClosed = this.items.length < items.length;
  }

  async process(): Promise<Processed> {
    const spans = startBatchSpans(this.conversationId, entriesOf(this.items));
    this.spans = spans;
    try {
      const result = await spans.run(async () => {
        const planned = await this.plan(this.items);
        const { entries, retryAt, awaitsUntil } = await this.run(planned);
        const blockedUntil = this.blocked?.giveBack(this.processing.now(), this.processing.giveBackPauseMs) ?? null;
        const result = await this.settle(this.blocked === null ? entries : [...entries, this.blocked], awaitsUntil);
        const awaiting = awaitsUntil === null ? 0 : entries.filter(({ done }) => !done).length;
        return { retryAt: retryAt ?? blockedUntil, awaiting, ...result };
      });
      spans.end();
      return result;
    } catch (error) {
      if (error instanceof Superseded) {
        spans.end();
        return { retryAt: null, settled: false, remaining: 0, awaiting: 0, evidence: 0 };
      }
      spans.end(error);
      throw error;
    }
  }

  private async run(planned: readonly EntryProgress[]) {
    const policy = { ...this.processing, backoff: this.processing.backoff ?? BACKOFF };
    if (this.items.some(isLook)) {
      return { entries: planned, retryAt: await lookAt(planned, this.view, policy), awaitsUntil: null };
    }
    return runBatch(planned, this.view, {
      ...policy,
      readBackDelaysMs: this.processing.readBackDelaysMs ?? READ_BACK_DELAYS_MS,
      readMore: () => this.readMore(),
      rest: this.rest,
      checkpoint: (entries) => this.checkpoint(entries),
      recentWrites: (since) => this.processing.ownWrites.recent(this.conversationId, since),
      takeEvidence: () => this.processing.proofs.take(this.conversationId),
      isClosed: () => this.isClosed || this.blocked !== null,
    });
  }

  private async plan(items: readonly InboxItem[]): Promise<readonly EntryProgress[]> {
    const planned: EntryProgress[] = [];
    for (const item of items) {
      if (item.entry === null) continue;
      const progress = await planEntry(item, item.entry, this.processing);
      if (progress.waitsForKnowledge) {
        this.blocked = progress;
        this.behind = beginGrace(items.slice(items.indexOf(item) + 1), this.processing);
        this.items = this.items.slice(0, this.items.indexOf(item));
        break;
      }
      planned.push(progress);
    }
    return planned;
  }

  private async readMore(): Promise<readonly EntryProgress[]> {
    if (this.blocked !== null || this.isClosed) return [];
    const size = sizeOf(this.items);
    const maxBytes = BATCH_LIMIT.bytes - size;
    if (maxBytes <= 0 || !this.held.grow(maxBytes)) return [];
    const limit = BATCH_LIMIT.entries - this.items.length;
    const read = await this.processing.inbox.read(this.conversationId, limit, { from: this.items.length, maxBytes });
    const items = untilOther(read, false);
    this.isClosed = items.length < read.length;
    this.held.shrinkTo(size + sizeOf(items));
    this.items = [...this.items, ...items];
    this.spans?.join(entriesOf(items));
    return this.plan(items);
  }

  /** Replaces entries and removes none: they are removed together with storing their results. */
  private async checkpoint(entries: readonly EntryProgress[]): Promise<void> {
    const unstored = entries.filter((progress) => progress.hasUnstoredOutcomes);
    if (unstored.length === 0) return;
    const replace = unstored.map(toReplacement);
    const { settled } = await this.processing.inbox.settle(this.conversationId, { remove: [], replace });
    if (!settled) throw new Superseded();
    const stored = new Map(replace.map(({ item, entry }) => [item, { raw: encodeEntry(entry), entry }]));
    for (const progress of unstored) progress.markStored(stored.get(progress.item) ?? progress.item);
    this.items = this.items.map((item) => stored.get(item) ?? item);
  }

  /** Dead letters and command results are stored first; after that the entries may be removed. */
  private async settle(entries: readonly EntryProgress[], awaitsUntil: number | null) {
    const { conversationId, processing } = this;
    const done = entries.filter((progress) => progress.done);
    const unreadable = this.items.filter(({ entry }) => entry === null);
    for (const progress of done) await this.keepResults(progress);
    for (const item of unreadable) await processing.deadLetters.addUnreadable(conversationId, item, UNREADABLE);
    const gone = new Set([...done.map(({ item }) => item), ...unreadable]);
    const result = await processing.inbox.settle(conversationId, {
      remove: this.items.filter((item) => gone.has(item)),
      replace: [...entries.filter((progress) => !progress.done && progress.changed).map(toReplacement), ...this.behind],
      awaitsUntil,
    });
    if (result.settled) this.report(entries, unreadable);
    return result;
  }

  private async keepResults(progress: EntryProgress): Promise<void> {
    const { deadLetters, commands } = this.processing;
    const { entry, outcomes } = progress;
    for (const [key, outcome] of Object.entries(outcomes)) {
      if (outcome.kind === 'dead-lettered') await deadLetters.add(progress.toEntry(), key, outcome);
    }
    if (entry.work.kind === 'command') await commands.finish(this.conversationId, entry.id, outcomes);
  }

  private report(entries: readonly EntryProgress[], unreadable: readonly InboxItem[]): void {
    const { logger, now } = this.processing;
    const durationMs = Math.round(performance.now() - this.startedAt);
    const batch = { calls: listCalls(this.calls), durationMs, events: this.items.length };
    for (const progress of entries) reportEntry(progress, this.spans, batch, logger, now());
    recordStories(this.processing.story, entries, this.calls, this.processing.rules, now());
    reportCosts(entries, this.calls.length);
    const actedOn = entries.filter(({ look, awaiting }) => look === null && awaiting.length === 0);
    if (actedOn.length > 0) recordCallsSaved(CALLS_WITHOUT_MERGING * actedOn.length - this.calls.length);
    for (const _ of unreadable) reportUnreadable(this.conversationId, UNREADABLE, this.spans, logger);
  }
}

/** Another worker has the conversation: this one's lock was lost. */
class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** A fetch and a write for each event: the cost without an inbox. */
const CALLS_WITHOUT_MERGING = 2;

const UNREADABLE: Outcome = {
  kind: 'dead-lettered',
  reason: 'entry-unreadable',
  detail: 'what is stored in the inbox is no entry that this release reads',
  rule: null,
  action: null,
  participantId: null,
};

function entriesOf(items: readonly InboxItem[]): readonly InboxEntry[] {
  return items.flatMap(({ entry }) => entry ?? []);
}

/** Close enough to bytes: characters outside ASCII take more. */
function sizeOf(items: readonly InboxItem[]): number {
  return items.reduce((size, { raw }) => size + raw.length, 0);
}

function toReplacement(progress: EntryProgress) {
  return { item: progress.item, entry: progress.toEntry() };
}
