import type { Ending, Step, Task } from '../actions/step.ts';
import type { AwaitedProof } from '../domain/evidence.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { GenesysAnswer, Outcome } from '../domain/outcome.ts';
import type { InboxItem } from '../inbox/inbox.ts';

export interface Waiting {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly error: unknown;
}

/** Not a failure: the rule may be about to reach this process, or about to be removed. */
class UnknownHere extends Error {
  override readonly name = 'UnknownHere';

  constructor(rules: readonly string[]) {
    super(
      rules.length === 0 ? 'this worker does not know the action' : `this worker does not know the rules ${rules.join(', ')}`,
    );
  }
}

/** Milliseconds until the next check: a quarter of the time passed, within these bounds. */
export interface GiveBackPause {
  readonly least: number;
  readonly most: number;
}

const GIVE_BACK_PAUSE_MS: GiveBackPause = { least: 1_000, most: 30_000 };

/** The progress of one entry in a batch: its open steps, and the outcomes of the others. */
export class EntryProgress {
  readonly entry: InboxEntry;
  readonly steps: readonly Step[];
  /** `null`: the entry is no look at the conversation. A look has no steps. */
  readonly look: Task | null;
  /** A try at a transient failure was made in this batch. */
  private tried = false;
  private waiting: Waiting | null = null;
  private unknown: { readonly since: number; readonly rules: readonly string[] } | null = null;
  private readonly reached = new Map<string, Outcome>();
  /** By step key. A step with an outcome awaits nothing. */
  private readonly awaited: Map<string, AwaitedProof>;
  private hasNewAwaits = false;
  private stored: { readonly item: InboxItem; readonly outcomes: number };

  constructor(item: InboxItem, entry: InboxEntry, steps: readonly Step[], look: Task | null = null) {
    this.stored = { item, outcomes: 0 };
    this.entry = entry;
    this.awaited = new Map(Object.entries(entry.awaits ?? {}));
    this.steps = steps;
    this.look = look;
  }

  /** The item of the entry in the inbox. */
  get item(): InboxItem {
    return this.stored.item;
  }

  /** Steps that are still to be planned and sent. */
  get todo(): readonly Step[] {
    return this.steps.filter((step) => !this.isFinished(step.key) && !this.awaited.has(step.key));
  }

  /** Steps whose write was sent and is not seen yet. */
  get awaiting(): readonly Step[] {
    return this.steps.filter((step) => !this.isFinished(step.key) && this.awaited.has(step.key));
  }

  proofOf(step: Step): AwaitedProof | null {
    return this.awaited.get(step.key) ?? null;
  }

  awaitProof(step: Step, proof: AwaitedProof): void {
    this.awaited.set(step.key, proof);
    this.hasNewAwaits = true;
  }

  /** The write was lost: the step is to be planned and sent again. */
  awaitNoMore(step: Step): void {
    this.awaited.delete(step.key);
    this.hasNewAwaits = true;
  }

  get done(): boolean {
    const hasLooked = this.look === null || this.isFinished(this.look.key);
    return hasLooked && this.todo.length === 0 && this.awaiting.length === 0 && !this.waitsForKnowledge;
  }

  /** Tries so far, including the one in this batch. */
  get attempts(): number {
    return this.entry.attempts + (this.tried ? 1 : 0);
  }

  get outcomes(): Readonly<Record<string, Outcome>> {
    return { ...this.entry.outcomes, ...Object.fromEntries(this.reached) };
  }

  get changed(): boolean {
    return this.tried || this.hasNewAwaits || this.reached.size > 0 || this.entry.unknownSince !== this.unknown?.since;
  }

  /** Outcomes reached in this batch, by step key. */
  get newOutcomes(): ReadonlyMap<string, Outcome> {
    return this.reached;
  }

  /** Whether an earlier action of the same rule could not be done. */
  hasFailedBefore(step: Step): boolean {
    const sameRule = this.steps.filter(({ rule }) => rule === step.rule);
    return sameRule.slice(0, sameRule.indexOf(step)).some(({ key }) => this.outcomes[key]?.kind === 'dead-lettered');
  }

  isFinished(stepKey: string): boolean {
    return this.reached.has(stepKey) || Object.hasOwn(this.entry.outcomes, stepKey);
  }

  markTried(): void {
    this.tried = true;
  }

  /**
   * It has rules or actions that this process does not know. It waits for a process that does, and everything after it waits too.
   */
  get waitsForKnowledge(): boolean {
    return this.unknown !== null;
  }

  /** @param since epoch milliseconds of the first time that this was found */
  waitForKnowledge(since: number, rules: readonly string[]): void {
    this.unknown = { since, rules };
  }

  /** Checks again soon at first, and then less and less often. */
  giveBack(now: number, { least, most }: GiveBackPause = GIVE_BACK_PAUSE_MS): number {
    const waitedMs = now - (this.unknown?.since ?? now);
    const until = now + Math.min(most, Math.max(least, waitedMs / 4));
    this.waiting = { until, error: new UnknownHere(this.unknown?.rules ?? []) };
    return until;
  }

  /** Why it stays in the inbox; `null` when it stays only because of an entry before it. */
  get waitsFor(): Waiting | null {
    return this.waiting;
  }

  wait(waiting: Waiting): void {
    this.waiting = waiting;
  }

  finish(step: Task, ended: Ending, answer?: GenesysAnswer): void {
    const outcome: Outcome = { ...(step.isShadow ? shadowOf(ended) : ended), rule: step.rule, action: step.action };
    this.reached.set(step.key, answer === undefined ? outcome : { ...outcome, genesys: answer });
  }

  /** For an outcome without a step, because the rule or the kind of action is not known here. */
  finishUnknown(key: string, rule: string | null, ended: Ending): void {
    if (!this.isFinished(key)) this.reached.set(key, { ...ended, rule, action: null });
  }

  /** Outcomes were reached that are not in the inbox yet. */
  get hasUnstoredOutcomes(): boolean {
    return this.reached.size > this.stored.outcomes;
  }

  /** `item` replaced it in the inbox, with all outcomes so far. */
  markStored(item: InboxItem): void {
    this.stored = { item, outcomes: this.reached.size };
  }

  /** The text to store when the entry stays in the inbox. */
  toEntry(): InboxEntry {
    const { unknownSince: _, awaits: __, ...entry } = this.entry;
    const awaits = Object.fromEntries(this.awaiting.map(({ key }) => [key, this.awaited.get(key) as AwaitedProof]));
    const unknownSince = this.unknown === null ? {} : { unknownSince: this.unknown.since };
    return {
      ...entry,
      ...unknownSince,
      ...(Object.keys(awaits).length > 0 && { awaits }),
      attempts: this.attempts,
      outcomes: this.outcomes,
    };
  }
}

/** The outcome that a step would have had, with the same reason: a rule in shadow mode neither writes nor makes dead letters. */
function shadowOf(ended: Ending): Ending {
  const { kind, detail, ...rest } = ended;
  if (kind === 'shadowed') return ended;
  return { ...rest, kind: 'shadowed', detail: `would have been ${kind}: ${detail}` };
}
