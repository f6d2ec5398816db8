import type { ApplyWrapup } from '../actions/apply-wrapup/action.ts';
import { planWrapup, sendWrapup } from '../actions/apply-wrapup/plan.ts';
import { readBackWrites } from '../actions/confirm-writes.ts';
import type { ConversationView } from '../actions/conversation-view.ts';
import { type AttributesPlan, type AttributesWrite, planAttributes, sendAttributes } from '../actions/set-attributes/plan.ts';
import { type Ending, resolveStep, type Step, StepRefused } from '../actions/step.ts';
import { performTransfer, type TransferDependencies } from '../actions/transfer/transfer.ts';
import type { AcceptedWrite } from '../actions/write.ts';
import { GenesysError } from '../genesys/genesys-error.ts';
import type { Lane } from '../genesys/lane.ts';
import { ATTRIBUTE, SPAN } from '../telemetry/span-names.ts';
import { inSpan, withSpan } from '../telemetry/tracing.ts';
import { attempt, Postponed, type RetryPolicy } from './attempt.ts';
import type { EntryProgress } from './entry-progress.ts';

export interface BatchDependencies extends TransferDependencies, RetryPolicy {
  /** Entries that came in since the batch was read; asked for after the conversation was fetched. */
  readMore(): Promise<readonly EntryProgress[]>;
  /** @throws AbortError */
  rest(pauseMs: number): Promise<void>;
  /** Stores the outcomes reached so far. @throws Error when another worker has the conversation */
  checkpoint(entries: readonly EntryProgress[]): Promise<void>;
}

/**
 * Takes every step of the entries to its outcome, in order, with as few calls as it can: attributes are merged by participant over
 * the whole batch and confirmed together; a wrap-up is sent in its place in the order; a transfer waits until all before it is confirmed.
 * Answers when the conversation is to be looked at again (epoch milliseconds), `null` when nothing of the batch waits.
 */
export async function processBatch(
  entries: readonly EntryProgress[],
  view: ConversationView,
  dependencies: BatchDependencies,
): Promise<{ readonly entries: readonly EntryProgress[]; readonly retryAt: number | null }> {
  const run = new BatchRun(entries, view, dependencies);
  return { retryAt: await run.complete(), entries: run.entries };
}

/**
 * Events of a burst come in within some milliseconds of each other. Where Genesys answers the first fetch sooner than that (its API takes
 * longer than this, so it costs nothing there), the batch waits until none has come in for so long, and no longer than the limit.
 */
const QUIET_MS = 40;
const GATHERING_MS = 150;

class BatchRun {
  entries: readonly EntryProgress[] = [];
  private readonly byStep = new Map<Step, EntryProgress>();
  private readonly view: ConversationView;
  private readonly dependencies: BatchDependencies;
  private merging: Step[] = [];
  /** Participants that steps were resolved to, for what is told of a failure. */
  private readonly about = new Map<Step, string>();
  /** Accepted by Genesys, and not read back yet. */
  private accepted: AcceptedWrite[] = [];
  private readonly wrote = new Set<AcceptedWrite['action']>();
  /** Attributes before another action of the batch were taken care of. */
  private hasMergedBefore = false;

  constructor(entries: readonly EntryProgress[], view: ConversationView, dependencies: BatchDependencies) {
    this.view = view;
    this.dependencies = dependencies;
    this.add(entries);
  }

  private add(entries: readonly EntryProgress[]): void {
    this.entries = [...this.entries, ...entries];
    for (const progress of entries) for (const step of progress.steps) this.byStep.set(step, progress);
  }

  async complete(): Promise<number | null> {
    const until = await this.postponed(() => this.takeSteps());
    if (until === null) return null;
    // What was accepted before something had to wait is confirmed all the same, so that it is not done again.
    const confirmUntil = await this.postponed(() => this.confirm());
    return Math.max(until, confirmUntil ?? 0);
  }

  private async postponed(work: () => Promise<void>): Promise<number | null> {
    try {
      await work();
      return null;
    } catch (error) {
      if (error instanceof Postponed) return error.until;
      throw error;
    }
  }

  private async takeSteps(): Promise<void> {
    await this.fetch();
    for (const progress of this.entries) {
      for (const step of progress.todo) await this.takeStep(step);
    }
    await this.sendMerged();
    await this.confirm();
  }

  /** One GET, and then whatever came in while it was under way: a burst becomes one batch. */
  private async fetch(): Promise<void> {
    const steps = this.entries.flatMap(({ todo }) => todo);
    if (steps.length === 0 || this.view.isFresh(this.dependencies.now())) return;
    let fetched = false;
    await this.attempt(steps, async () => {
      await this.view.refresh(this.lane());
      fetched = true;
    });
    if (fetched) await this.gather();
  }

  /** What the batch is fetched for: it has the best lane that one of its steps deserves. */
  private lane(): Lane {
    const open = this.entries.filter(({ done }) => !done);
    if (open.some(({ todo }) => todo.some(({ action }) => action !== 'setAttributes'))) return 'urgent-read';
    return open.every(({ attempts }) => attempts > 0) ? 'repair' : 'read';
  }

  /** Takes what came in meanwhile, and while the newest of it is very young, what comes with it. */
  private async gather(): Promise<void> {
    const until = performance.now() + GATHERING_MS;
    for (;;) {
      this.add(await this.dependencies.readMore());
      const newest = Math.max(...this.entries.map(({ entry }) => entry.receivedAt));
      const quietInMs = Math.min(QUIET_MS, newest + QUIET_MS - this.dependencies.now());
      if (quietInMs <= 0 || performance.now() + quietInMs > until) return;
      await this.dependencies.rest(quietInMs);
    }
  }

  private async takeStep(step: Step): Promise<void> {
    if (step.action === 'setAttributes') {
      this.merging.push(step);
      return;
    }
    await this.sendMerged();
    if (step.action === 'applyWrapup') return this.takeWrapup(step);
    await this.confirm();
    if (this.isBarred(step)) return this.finish(step, BARRED);
    await this.attempt([step], async () => {
      this.finish(step, await performTransfer(step, this.view, this.dependencies));
    });
  }

  /** Whether an action before it in the same rule could not be done. */
  private isBarred(step: Step): boolean {
    const { outcomes } = this.progressOf(step);
    const before = this.progressOf(step).steps.filter(({ rule }) => rule === step.rule);
    return before.slice(0, before.indexOf(step)).some(({ key }) => outcomes[key]?.kind === 'dead-lettered');
  }

  private async takeWrapup(step: Step): Promise<void> {
    const [open] = await this.catchUp('applyWrapup', [step]);
    if (open === undefined) return;
    await this.attempt([step], async () => {
      const conversation = await this.view.conversation();
      const resolution = resolveStep(step, conversation);
      if (!resolution.found) throw new StepRefused(resolution.reason, resolution.detail);
      this.about.set(step, resolution.participant.id);
      const wish = step.render(conversation, resolution.participant) as ApplyWrapup;
      const plan = await planWrapup(wish, conversation, resolution.participant, this.view.client, this.dependencies.codes);
      if (plan.kind === 'ended') return this.finish(step, plan.ending);
      const detail = `wrap-up code ${plan.code} set`;
      const ending: Ending = { kind: 'applied', reason: 'written', detail, participantId: plan.participantId };
      this.accept(await sendWrapup(this.view, plan, this.dependencies.ownWrites, new Map([[step, ending]])));
    });
  }

  /** Sends the attributes that were merged so far, one PATCH for each participant. */
  private async sendMerged(): Promise<void> {
    const steps = await this.catchUp('setAttributes', this.merging);
    this.merging = [];
    if (steps.length === 0) return;
    let plan = await this.plan(steps);
    if (plan.unresolved.length > 0) {
      await this.confirm();
      await this.attempt(plan.unresolved, () => this.view.refresh());
      plan = await this.plan(steps.filter((step) => !this.isFinished(step)));
    }
    this.finishAll(plan.endings);
    await this.checkpointBefore(plan.writes);
    for (const write of plan.writes) await this.sendWrite(write);
  }

  /**
   * A batch that is done again (its worker was killed) must not undo a later event's value with an earlier one's: so what became of
   * the attributes before another action, written now or found written, is known to the inbox before those after it are sent.
   */
  private async checkpointBefore(writes: readonly AttributesWrite[]): Promise<void> {
    if (this.hasMergedBefore && writes.length > 0) await this.dependencies.checkpoint(this.entries);
    this.hasMergedBefore = true;
  }

  /**
   * What the batch itself wrote of the same kind has to be seen before more of it is planned: a plan on an older view would take an
   * earlier value for the present one. Answers the steps that are still to be done.
   */
  private async catchUp(action: AcceptedWrite['action'], steps: readonly Step[]): Promise<readonly Step[]> {
    if (steps.length === 0 || !this.wrote.has(action)) return steps;
    await this.confirm();
    if (this.view.isOutdated) await this.attempt(steps, () => this.view.refresh());
    return steps.filter((step) => !this.isFinished(step));
  }

  private async sendWrite(write: AttributesWrite): Promise<void> {
    const steps = [...write.endings.keys()];
    let refused = false;
    await this.attempt(steps, async (repeated) => {
      try {
        for (const planned of repeated ? await this.planAgain(steps) : [write]) {
          this.accept(await sendAttributes(this.view, planned, this.dependencies.ownWrites));
        }
      } catch (error) {
        if (steps.length === 1 || !isRefusedContent(error)) throw error;
        refused = true;
      }
    });
    // What Genesys refuses may come of one event: the others must not end with it.
    if (refused) for (const step of steps) await this.sendAlone(step);
  }

  private async sendAlone(step: Step): Promise<void> {
    const [open] = await this.catchUp('setAttributes', [step]);
    if (open === undefined) return;
    for (const write of await this.planAgain([open])) await this.sendWrite(write);
  }

  private async planAgain(steps: readonly Step[]): Promise<readonly AttributesWrite[]> {
    const plan = await this.plan(steps);
    this.finishAll(plan.endings);
    return plan.writes;
  }

  private async plan(steps: readonly Step[]): Promise<AttributesPlan> {
    const conversation = await this.view.conversation();
    return inSpan(SPAN.plan, (span) => {
      const plan = planAttributes(conversation, steps);
      for (const { participantId, endings } of plan.writes)
        for (const step of endings.keys()) this.about.set(step, participantId);
      span?.setAttribute(ATTRIBUTE.rule, [...new Set(steps.flatMap(({ rule }) => rule ?? []))]);
      span?.setAttribute(
        ATTRIBUTE.participantId,
        plan.writes.map(({ participantId }) => participantId),
      );
      return plan;
    });
  }

  private accept(write: AcceptedWrite): void {
    this.accepted.push(write);
    this.wrote.add(write.action);
  }

  /** Reads back what was accepted; what is not there is sent once more, each by itself: its failure is not that of the others. */
  private async confirm(): Promise<void> {
    const writes = this.accepted;
    this.accepted = [];
    const missing = await this.readBack(writes);
    for (const write of missing) await this.attempt(stepsOf(write), () => write.repeat());
    const repeated = missing.filter((write) => stepsOf(write).some((step) => !this.isFinished(step)));
    for (const write of await this.readBack(repeated)) this.finishNotPersisted(write);
  }

  private async readBack(writes: readonly AcceptedWrite[]): Promise<readonly AcceptedWrite[]> {
    if (writes.length === 0) return [];
    let missing: readonly AcceptedWrite[] = [];
    await this.attempt(writes.flatMap(stepsOf), async () => {
      const open = writes.filter((write) => stepsOf(write).some((step) => !this.isFinished(step)));
      missing = await withSpan(SPAN.confirm, {}, () => readBackWrites(this.view, open, ({ endings }) => this.finishAll(endings)));
    });
    return missing;
  }

  private finishNotPersisted({ endings, participantId, what }: AcceptedWrite): void {
    const detail = `not persisted: Genesys accepted the ${what} twice, but reading back does not show it`;
    for (const step of endings.keys())
      this.finish(step, { kind: 'dead-lettered', reason: 'not-persisted', detail, participantId });
  }

  private finish(step: Step, ending: Ending): void {
    this.progressOf(step).finish(step, ending);
  }

  private finishAll(endings: ReadonlyMap<Step, Ending>): void {
    for (const [step, ending] of endings) this.finish(step, ending);
  }

  private isFinished(step: Step): boolean {
    return this.progressOf(step).isFinished(step.key);
  }

  private progressOf(step: Step): EntryProgress {
    const progress = this.byStep.get(step);
    if (progress === undefined) throw new Error(`the step ${step.key} is of no entry of the batch`);
    return progress;
  }

  private attempt(steps: readonly Step[], work: (repeated: boolean) => Promise<unknown>): Promise<void> {
    const participantOf = (step: Step) => this.about.get(step) ?? null;
    const progressOf = (step: Step) => this.progressOf(step);
    return attempt({ progressOf, view: this.view, policy: this.dependencies, participantOf }, steps, work);
  }
}

/** Only a transfer: routing reads the attributes before it. */
const BARRED: Ending = {
  kind: 'skipped',
  reason: 'earlier-action-failed',
  detail: 'an action before it in the same rule could not be done',
  participantId: null,
};

/** Genesys understood the request and does not take what is in it. */
function isRefusedContent(error: unknown): boolean {
  return error instanceof GenesysError && [400, 413, 422].includes(error.status ?? 0);
}

function stepsOf({ endings }: AcceptedWrite): readonly Step[] {
  return [...endings.keys()];
}
