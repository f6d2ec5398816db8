import { evidenceIn, proofOf, showsAll } from '../actions/evidence.ts';
import type { LiveConversation } from '../actions/live-conversation.ts';
import type { Plan } from '../actions/plan.ts';
import type { OpenedAction, OpenedActions } from '../actions/registry.ts';
import { type Ending, ending, type Step } from '../actions/step.ts';
import type { Write } from '../actions/write.ts';
import type { ActionType } from '../domain/action.ts';
import { type Evidence, proves } from '../domain/evidence.ts';
import type { OutcomeReason } from '../domain/outcome.ts';
import type { Conversation } from '../genesys/genesys-client.ts';
import type { Lane } from '../genesys/lane.ts';
import { createLoopTurns } from '../rules/loop-turns.ts';
import { ATTRIBUTE, SPAN } from '../telemetry/span-names.ts';
import { withSpan } from '../telemetry/tracing.ts';
import { attempt, failedInShadow, judgeFailure, type RetryPolicy, untilPostponed } from './attempt.ts';
import type { ConversationView } from './conversation-view.ts';
import { isRefusedContent } from './decide.ts';
import type { EntryProgress } from './entry-progress.ts';
import { gather } from './gather.ts';
import { liveConversation, type ReadingBack } from './read-back.ts';
import { type FreshSnapshot, freshSnapshotOf } from './snapshot-of.ts';
import { type Stretch, stretchesOf } from './stretches.ts';

export interface BatchDependencies extends RetryPolicy, ReadingBack, Confirmation {
  readonly actions: OpenedActions;
  /** Entries that came in since the batch was read; called after the conversation was fetched. */
  readMore(): Promise<readonly EntryProgress[]>;
  /** Stores the outcomes reached so far. @throws Error when another worker has the conversation */
  checkpoint(entries: readonly EntryProgress[]): Promise<void>;
  /** Removes and returns what events showed of the conversation since a write was sent. */
  takeEvidence(): Promise<readonly Evidence[]>;
  /** Whether a snapshot that has just come serves attributes as the fetch. */
  readonly planFromSnapshots: boolean;
  /** What hookpatch wrote to the conversation since then (epoch milliseconds): digests by attribute, by participant. */
  recentWrites(since: number): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** Whether something behind the batch waits for its end. */
  isClosed(): boolean;
}

/** How writes are confirmed. */
export interface Confirmation {
  /** How long a write waits for proof that costs no call, before it is read back. */
  readonly confirmWithinMs: number;
  /** Whether there is so much unused budget that reading back at once is worth its call. */
  hasPlenty(): boolean;
}

export interface BatchResult {
  readonly entries: readonly EntryProgress[];
  /** When the conversation is to be processed again (epoch milliseconds); `null` when nothing of the batch waits for a time. */
  readonly retryAt: number | null;
  /** Until when writes of the batch await proof (epoch milliseconds); `null` when none does. */
  readonly awaitsUntil: number | null;
}

/**
 * Takes every step of the entries to its outcome, in order, with as few calls as possible, and knows no kind of action by name.
 */
export async function runBatch(
  entries: readonly EntryProgress[],
  view: ConversationView,
  dependencies: BatchDependencies,
): Promise<BatchResult> {
  const run = new BatchRun(entries, view, dependencies);
  const retryAt = await run.complete();
  return { retryAt, entries: run.entries, awaitsUntil: retryAt === null ? run.awaitsUntil() : null };
}

/**
 * The phases of a batch; `complete` and `takeAll` lead from each to the next:
 *
 *     settling ──▶ fetching ──▶ taking ──▶ proving ──▶ done
 *                     │           │   └──▶ awaiting: the writes stay unseen, and an event, a later fetch or the time proves them
 *                     └───────────┴──▶ postponed ──▶ proving ──▶ waiting
 *
 * - settling: writes of earlier batches that await proof. Events prove them without a call, and so does the fetch. They are settled
 *   before anything is planned.
 * - fetching: one GET. Entries that came in meanwhile join (`add`); later entries are another batch.
 * - taking: stretch by stretch, in order. A stretch is planned, then sent; sent writes are in `unproven`.
 * - proving: reads back until each write of `unproven` is seen, or given up. It also happens between stretches: before a stretch
 *   that must see the earlier writes (a barrier, or a kind that was sent already), and after a barrier.
 * - postponed: a step has to wait, and everything after it. Earlier writes are proven all the same, so that they are not
 *   repeated.
 */
class BatchRun {
  /** Grows while fetching only. */
  entries: readonly EntryProgress[] = [];
  private readonly byStep = new Map<Step, EntryProgress>();
  /** Sent, and not seen yet. Grows in `send`, shrinks in `prove`. */
  private unproven: readonly SentWrite[] = [];
  /** Their first write was lost after it had awaited proof: the next one is the last. */
  private readonly resent = new Set<Step>();
  /** The progress of each kind in this batch. Grows in `take` and `send`. */
  private readonly progress = new Map<ActionType, 'planned' | 'sent'>();
  private readonly view: ConversationView;
  private readonly live: LiveConversation;
  private readonly dependencies: BatchDependencies;

  constructor(entries: readonly EntryProgress[], view: ConversationView, dependencies: BatchDependencies) {
    this.view = view;
    this.live = liveConversation(view, dependencies);
    this.dependencies = dependencies;
    this.add(entries);
  }

  private add(entries: readonly EntryProgress[]): void {
    this.entries = [...this.entries, ...entries];
    for (const progress of entries) for (const step of progress.steps) this.byStep.set(step, progress);
  }

  async complete(): Promise<number | null> {
    const until = await untilPostponed(() => this.takeAll());
    if (until === null) return null;
    const provenUntil = await untilPostponed(() => this.prove());
    return Math.max(until, provenUntil ?? 0);
  }

  /** Until when writes await proof; `null` when none does. */
  awaitsUntil(): number | null {
    const due = this.awaiting().map((step) => this.dueAt(step));
    return due.length === 0 ? null : Math.min(...due);
  }

  private async takeAll(): Promise<void> {
    if (this.awaiting().length > 0) this.settleAwaited(await this.dependencies.takeEvidence());
    await this.fetch();
    await this.proveAwaited();
    const [shadow, live] = [this.todo().filter(isShadow), this.todo().filter((step) => !isShadow(step))];
    for (const stretch of stretchesOf(shadow, this.dependencies.actions)) await this.takeShadow(stretch);
    for (const stretch of stretchesOf(live, this.dependencies.actions)) await this.take(stretch);
    if (this.mayAwait()) this.awaitProofs();
    else await this.prove();
  }

  private awaiting(): readonly Step[] {
    return this.entries.flatMap(({ awaiting }) => awaiting);
  }

  private dueAt(step: Step): number {
    return (this.progressOf(step).proofOf(step)?.sentAt ?? 0) + this.dependencies.confirmWithinMs;
  }

  private settleAwaited(evidence: readonly Evidence[]): void {
    for (const step of this.awaiting()) {
      const proof = this.progressOf(step).proofOf(step);
      if (proof === null || !evidence.some((each) => proves(each, proof))) continue;
      this.finish(step, ending('applied', proof.reason as OutcomeReason, proof.detail, proof.participantId));
    }
  }

  private evidenceIn(conversation: Conversation, at: number): Evidence {
    return evidenceIn(
      conversation,
      at,
      [...this.dependencies.actions.values()].map(({ kind }) => kind),
    );
  }

  /**
   * Settles what earlier batches have written: by the fetch, and if something is to be planned, or it is time, by reading back. What
   * is not seen then was lost and is planned once more, in its place.
   */
  private async proveAwaited(): Promise<void> {
    if (this.awaiting().length === 0) return;
    const { latestConversation, requestedAt } = this.view;
    if (latestConversation !== null && requestedAt !== null) {
      this.settleAwaited([this.evidenceIn(latestConversation, requestedAt)]);
    }
    const steps = this.awaiting();
    const { hasPlenty, isClosed, now } = this.dependencies;
    const isDue = steps.some((step) => this.dueAt(step) <= now());
    if (steps.length === 0 || !(isDue || this.todo().length > 0 || isClosed() || hasPlenty())) return;
    await this.attempt(steps, () =>
      withSpan(SPAN.confirm, {}, () =>
        this.live.readBackUntil((conversation) => {
          this.settleAwaited([this.evidenceIn(conversation, now())]);
          return this.awaiting().length === 0;
        }),
      ),
    );
    for (const step of this.awaiting()) {
      this.progressOf(step).awaitNoMore(step);
      this.resent.add(step);
    }
  }

  /** Only if every write can be proven by an event, and nothing waits for the end of the batch. */
  private mayAwait(): boolean {
    const { confirmWithinMs, hasPlenty, isClosed } = this.dependencies;
    if (this.unproven.length === 0 || confirmWithinMs === 0 || isClosed() || hasPlenty()) return false;
    return this.unproven.every(
      ({ write, kind }) => proofOf(write, kind.type) !== null && !stepsOf(write).some((step) => this.resent.has(step)),
    );
  }

  private awaitProofs(): void {
    for (const { write, kind, sentAt } of this.unproven) {
      const changes = proofOf(write, kind.type) ?? {};
      for (const [step, { reason, detail }] of write.endings) {
        if (this.isFinished(step)) continue;
        this.progressOf(step).awaitProof(step, { sentAt, participantId: write.participantId, changes, reason, detail });
      }
    }
    this.unproven = [];
  }

  private todo(): readonly Step[] {
    return this.entries.flatMap(({ todo }) => todo);
  }

  /** One GET, then all entries that came in while it was under way: a burst becomes one batch. */
  private async fetch(): Promise<void> {
    const steps = this.todo();
    if (steps.length === 0 || this.view.isFresh(this.dependencies.now())) return;
    if (this.freshSnapshot() !== null && (await this.adoptSnapshot())) return;
    let fetched = false;
    await this.attempt(steps, async () => {
      await this.view.refresh(this.lane());
      fetched = true;
    });
    if (fetched) await this.gather();
  }

  /** The newest snapshot with which entries came, if everything that is to be done can be planned on it. */
  private freshSnapshot(): FreshSnapshot | null {
    const { actions, planFromSnapshots, now } = this.dependencies;
    const canPlan = (step: Step) =>
      actions.get(step.action)?.kind.order === 'merge' && !step.isShadow && !step.readsConversation();
    if (!planFromSnapshots) return null;
    const newest =
      this.entries.map(({ entry }) => freshSnapshotOf(entry, now())).findLast((snapshot) => snapshot !== null) ?? null;
    // Whether a step can be planned is found out by rendering it, so that comes last.
    return newest !== null && this.todo().every(canPlan) ? newest : null;
  }

  /** `false`: it does not show what hookpatch wrote lately, or something else came that needs a fetch. */
  private async adoptSnapshot(): Promise<boolean> {
    await this.gather();
    const snapshot = this.freshSnapshot();
    if (snapshot === null) return false;
    const { conversation, receivedAt } = snapshot;
    const recent = await this.dependencies.recentWrites(receivedAt - SETTLED_MS);
    if (!showsAll(this.evidenceIn(conversation, receivedAt), recent)) return false;
    this.view.adopt(snapshot);
    return true;
  }

  private gather(): Promise<void> {
    return gather({ ...this.dependencies, entries: () => this.entries, add: (entries) => this.add(entries) });
  }

  /** The purpose of the fetch: it gets the best lane of all its steps. */
  private lane(): Lane {
    const { actions } = this.dependencies;
    if (this.todo().some(({ action }) => actions.get(action)?.kind.order !== 'merge')) return 'urgent-read';
    return this.entries.every(({ attempts, done }) => done || attempts > 0) ? 'repair' : 'read';
  }

  private async take({ action, steps }: Stretch): Promise<void> {
    const { type, order } = action.kind;
    if (order === 'barrier') await this.passBarrier(steps);
    const open = await this.letThrough(await this.catchUp(type, steps));
    if (open.length === 0) return;
    const writes = await this.plan(action, open);
    // A batch may be replayed after a crash. An earlier value must not overwrite a later one, so outcomes are stored first.
    if (order === 'merge' && this.progress.has(type) && writes.length > 0) await this.dependencies.checkpoint(this.entries);
    if (!this.progress.has(type)) this.progress.set(type, 'planned');
    for (const write of writes) await this.send(action, write);
    if (order === 'barrier') await this.prove();
  }

  /** Plans without writing. A failure ends the step, so that a rule in shadow mode blocks no other. */
  private async takeShadow({ action, steps }: Stretch): Promise<void> {
    const open = await this.letThrough(steps);
    if (open.length === 0) return;
    const { endings, writes, failures } = await this.planOnce(action, open);
    this.finishAll(endings);
    for (const write of writes) this.finishAll(write.endings);
    for (const [step, error] of failures) this.finish(step, failedInShadow(this.attempting(null), this.progressOf(step), error));
  }

  /** Ends the steps whose rule's `onlyIf` does not hold, and returns the others. Costs no call: the batch was fetched. */
  private async letThrough(steps: readonly Step[]): Promise<readonly Step[]> {
    if (steps.every(({ gate }) => gate === null)) return steps;
    const conversation = await this.live.current();
    const open: Step[] = [];
    for (const step of steps) {
      const because = await TURNS.take(() => step.gate?.closedBecause(step, conversation) ?? null);
      if (because === null) open.push(step);
      else this.finish(step, ending('skipped', 'condition-false', because));
    }
    return open;
  }

  private async passBarrier(steps: readonly Step[]): Promise<void> {
    await this.prove();
    for (const step of steps) {
      if (!this.isFinished(step) && this.progressOf(step).hasFailedBefore(step)) this.finish(step, BARRED);
    }
  }

  /**
   * Confirms our own writes of this kind and fetches again before more is planned; otherwise the plan starts from stale values.
   * Returns the open steps.
   */
  private async catchUp(type: ActionType, steps: readonly Step[]): Promise<readonly Step[]> {
    if (this.progress.get(type) === 'sent') {
      await this.prove();
      if (this.view.isOutdated) await this.attempt(steps, () => this.view.refresh());
    }
    return steps.filter((step) => !this.isFinished(step));
  }

  /** Steps whose participant is missing are planned once more after a fetch. */
  private async plan(action: OpenedAction, steps: readonly Step[]): Promise<readonly Write[]> {
    const first = await this.planOnce(action, steps);
    if (this.view.isSnapshot && !isSure(first)) {
      await this.attempt(steps, () => this.view.refresh());
      return this.plan(
        action,
        steps.filter((step) => !this.isFinished(step)),
      );
    }
    const again = this.judgeAll(first.failures, false);
    if (again.length === 0) return this.accept(first);
    await this.prove();
    await this.attempt(again, () => this.view.refresh());
    return this.planAgain(action, steps);
  }

  private async planAgain(action: OpenedAction, steps: readonly Step[]): Promise<readonly Write[]> {
    const open = steps.filter((step) => !this.isFinished(step));
    const plan = await this.planOnce(action, open);
    this.judgeAll(plan.failures, true);
    return this.accept(plan);
  }

  private accept({ endings, writes }: Plan): readonly Write[] {
    this.finishAll(endings);
    return writes;
  }

  private planOnce({ performer }: OpenedAction, steps: readonly Step[]): Promise<Plan> {
    return withSpan(SPAN.plan, {}, async (span) => {
      const plan = await performer.plan(steps, this.live);
      span.setAttribute(ATTRIBUTE.rule, [...new Set(steps.flatMap(({ rule }) => rule ?? []))]);
      const participants = plan.writes.map(({ participantId }) => participantId);
      span.setAttribute(ATTRIBUTE.participantId, participants);
      return plan;
    });
  }

  /** Returns the steps that must be planned again after a fetch. @throws Postponed when one has to wait */
  private judgeAll(failures: Plan['failures'], repeated: boolean): readonly Step[] {
    return [...failures].flatMap(([step, error]) =>
      judgeFailure(this.attempting(null), error, [step], repeated) === 'repeat' ? [step] : [],
    );
  }

  private async send(action: OpenedAction, write: Write): Promise<void> {
    const steps = stepsOf(write);
    let refused = false;
    const work = async (repeated: boolean) => {
      try {
        for (const planned of repeated ? await this.planAgain(action, steps) : [write]) await this.sendOnce(action, planned);
      } catch (error) {
        if (steps.length === 1 || !isRefusedContent(error)) throw error;
        refused = true;
      }
    };
    await this.attempt(steps, work, write.participantId);
    // The refusal may be caused by one event: the steps of the others must not fail with it.
    if (refused) for (const step of steps) await this.sendAlone(action, step);
  }

  private async sendOnce({ kind }: OpenedAction, write: Write): Promise<void> {
    const sentAt = this.dependencies.now();
    const seen = await write.send();
    this.progress.set(kind.type, 'sent');
    if (seen) this.finishAll(write.endings);
    else this.unproven = [...this.unproven, { write, kind, sentAt }];
  }

  private async sendAlone(action: OpenedAction, step: Step): Promise<void> {
    const open = await this.catchUp(action.kind.type, [step]);
    if (open.length === 0) return;
    for (const write of await this.planAgain(action, open)) await this.send(action, write);
  }

  /** Reads back what was sent. Resends missing writes one by one, so that one failure does not affect the others. */
  private async prove(): Promise<void> {
    const sent = this.unproven.map(({ write }) => write);
    this.unproven = [];
    const unseen = await this.readBack(sent);
    const isLast = (write: Write) => stepsOf(write).some((step) => this.resent.has(step));
    for (const write of unseen.filter(isLast)) this.finishNotPersisted(write);
    const missing = unseen.filter((write) => !isLast(write));
    for (const write of missing) await this.attempt(stepsOf(write), () => this.sendAgain(write), write.participantId);
    for (const write of await this.readBack(missing)) this.finishNotPersisted(write);
  }

  private async sendAgain(write: Write): Promise<void> {
    const failure = await write.failure?.(await this.view.current());
    if (failure !== undefined) throw failure;
    if (await write.send()) this.finishAll(write.endings);
  }

  /** Returns the writes that are not seen in time. */
  private async readBack(writes: readonly Write[]): Promise<readonly Write[]> {
    let missing = writes.filter((write) => this.isOpen(write));
    if (missing.length === 0) return [];
    await this.attempt(missing.flatMap(stepsOf), () =>
      withSpan(SPAN.confirm, {}, async () => {
        missing = missing.filter((write) => this.isOpen(write));
        await this.live.readBackUntil((conversation) => {
          const seen = missing.filter((write) => write.isVisible(conversation));
          for (const write of seen) this.finishAll(write.endings);
          missing = missing.filter((write) => !seen.includes(write));
          return missing.length === 0;
        });
      }),
    );
    return missing;
  }

  private finishNotPersisted({ endings, participantId, what }: Write): void {
    const detail = `not persisted: Genesys accepted the ${what} twice, but reading back does not show it`;
    for (const step of endings.keys()) this.finish(step, ending('dead-lettered', 'not-persisted', detail, participantId));
  }

  private isOpen(write: Write): boolean {
    return stepsOf(write).some((step) => !this.isFinished(step));
  }

  private finish(step: Step, ended: Ending): void {
    this.progressOf(step).finish(step, ended);
  }

  private finishAll(endings: ReadonlyMap<Step, Ending>): void {
    for (const [step, ended] of endings) this.finish(step, ended);
  }

  private isFinished(step: Step): boolean {
    return this.progressOf(step).isFinished(step.key);
  }

  private progressOf(step: Step): EntryProgress {
    const progress = this.byStep.get(step);
    if (progress === undefined) throw new Error(`the step ${step.key} is of no entry of the batch`);
    return progress;
  }

  private attempting(participantId: string | null) {
    return { progressOf: (step: Step) => this.progressOf(step), view: this.view, policy: this.dependencies, participantId };
  }

  private attempt(
    steps: readonly Step[],
    work: (repeated: boolean) => Promise<unknown>,
    participantId: string | null = null,
  ): Promise<void> {
    return attempt(this.attempting(participantId), steps, work);
  }
}

/** The conditions of all batches of the process. */
const TURNS = createLoopTurns();

/** A snapshot of this age and more shows every earlier write, as far as any resource of Genesys does. */
const SETTLED_MS = 10_000;

/** A snapshot shows less than the resource: what it forbids may be allowed. */
function isSure({ endings, failures }: Plan): boolean {
  return failures.size === 0 && [...endings.values()].every(({ kind }) => kind === 'unchanged');
}

interface SentWrite {
  readonly write: Write;
  readonly kind: OpenedAction['kind'];
  /** Epoch milliseconds. */
  readonly sentAt: number;
}

/** Only for steps of a barrier kind: routing reads the attributes before a transfer. */
const BARRED = ending('skipped', 'earlier-action-failed', 'an action before it in the same rule could not be done');

function isShadow(step: Step): boolean {
  return step.isShadow;
}

function stepsOf({ endings }: Write): readonly Step[] {
  return [...endings.keys()];
}
