import { planWrapup, sendWrapup } from '../actions/apply-wrapup.ts';
import { confirmWrites } from '../actions/confirm-writes.ts';
import type { ConversationView } from '../actions/conversation-view.ts';
import { type AttributesPlan, type AttributesWrite, planAttributes, sendAttributes } from '../actions/set-attributes.ts';
import { type Ending, resolveStep, type Step, StepRefused } from '../actions/step.ts';
import { performTransfer, type TransferDependencies } from '../actions/transfer.ts';
import type { AcceptedWrite } from '../actions/write.ts';
import type { ApplyWrapup } from '../domain/action.ts';
import { ATTRIBUTE, SPAN } from '../telemetry/span-names.ts';
import { inSpan, withSpan } from '../telemetry/tracing.ts';
import { attempt, Postponed, progressOf, type RetryPolicy } from './attempt.ts';
import type { EntryProgress } from './entry-progress.ts';

export interface BatchDependencies extends TransferDependencies, RetryPolicy {
  /** Entries that came in since the batch was read; asked for once, after the conversation was fetched. */
  readMore(): Promise<readonly EntryProgress[]>;
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

class BatchRun {
  entries: readonly EntryProgress[];
  private readonly view: ConversationView;
  private readonly dependencies: BatchDependencies;
  private merging: Step[] = [];
  private accepted: AcceptedWrite[] = [];
  /** Attributes before another action of the batch were taken care of. */
  private hasMergedBefore = false;

  constructor(entries: readonly EntryProgress[], view: ConversationView, dependencies: BatchDependencies) {
    this.entries = entries;
    this.view = view;
    this.dependencies = dependencies;
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
    await this.attempt(steps, async () => {
      await this.view.refresh();
    });
    this.entries = [...this.entries, ...(await this.dependencies.readMore())];
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
    await this.attempt([step], async () => {
      const conversation = await this.view.conversation();
      const resolution = resolveStep(step, conversation);
      if (!resolution.found) throw new StepRefused(resolution.reason, resolution.detail);
      const wish = step.render(conversation, resolution.participant) as ApplyWrapup;
      const plan = await planWrapup(wish, conversation, resolution.participant, this.view.client, this.dependencies.codes);
      if (plan.kind === 'ended') return this.finish(step, plan.ending);
      const detail = `wrap-up code ${plan.code} set`;
      const ending: Ending = { kind: 'applied', reason: 'written', detail, participantId: plan.participantId };
      this.accepted.push(await sendWrapup(this.view, plan, this.dependencies.ownWrites, new Map([[step, ending]])));
    });
  }

  /** Sends the attributes that were merged so far, one PATCH for each participant. */
  private async sendMerged(): Promise<void> {
    const steps = this.merging;
    this.merging = [];
    if (steps.length === 0) return;
    let plan = await this.plan(steps);
    if (plan.unresolved.length > 0 || this.isStillUnconfirmed(plan.writes)) {
      await this.confirm();
      if (plan.unresolved.length > 0) await this.attempt(plan.unresolved, () => this.view.refresh());
      plan = await this.plan(steps);
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

  /** A participant whose earlier write is not read back yet can't be planned for. */
  private isStillUnconfirmed(writes: readonly AttributesWrite[]): boolean {
    return writes.some(({ participantId }) => this.accepted.some((accepted) => accepted.participantId === participantId));
  }

  private async sendWrite(write: AttributesWrite): Promise<void> {
    const steps = [...write.endings.keys()];
    await this.attempt(steps, async (repeated) => {
      for (const planned of repeated ? await this.planAgain(steps) : [write]) {
        this.accepted.push(await sendAttributes(this.view, planned, this.dependencies.ownWrites));
      }
    });
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
      span?.setAttribute(ATTRIBUTE.rule, [...new Set(steps.flatMap(({ rule }) => rule ?? []))]);
      span?.setAttribute(
        ATTRIBUTE.participantId,
        plan.writes.map(({ participantId }) => participantId),
      );
      return plan;
    });
  }

  private async confirm(): Promise<void> {
    const writes = this.accepted;
    this.accepted = [];
    if (writes.length === 0) return;
    await this.attempt(
      writes.flatMap(({ endings }) => [...endings.keys()]),
      async () => {
        const missing = await withSpan(SPAN.confirm, {}, () => confirmWrites(this.view, writes));
        for (const write of writes) {
          if (missing.includes(write)) this.finishNotPersisted(write);
          else this.finishAll(write.endings);
        }
      },
    );
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

  private progressOf(step: Step): EntryProgress {
    return progressOf(this.entries, step);
  }

  private attempt(steps: readonly Step[], work: (repeated: boolean) => Promise<unknown>): Promise<void> {
    return attempt({ entries: this.entries, view: this.view, policy: this.dependencies }, steps, work);
  }
}

/** Only a transfer: routing reads the attributes before it. */
const BARRED: Ending = {
  kind: 'skipped',
  reason: 'earlier-action-failed',
  detail: 'an action before it in the same rule could not be done',
  participantId: null,
};
