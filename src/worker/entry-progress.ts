import type { Ending, Step } from '../actions/step.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { GenesysAnswer, Outcome } from '../domain/outcome.ts';
import type { InboxItem } from '../inbox/inbox.ts';

export interface Waiting {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly error: unknown;
}

/** One entry of a batch on its way: which steps are still to be done, and how the others ended. */
export class EntryProgress {
  readonly entry: InboxEntry;
  readonly steps: readonly Step[];
  /** A try at a transient failure was made in this batch. */
  private tried = false;
  private waiting: Waiting | null = null;
  private readonly reached = new Map<string, Outcome>();
  private stored: { readonly item: InboxItem; readonly outcomes: number };

  constructor(item: InboxItem, entry: InboxEntry, steps: readonly Step[]) {
    this.stored = { item, outcomes: 0 };
    this.entry = entry;
    this.steps = steps;
  }

  /** What stands for it in the inbox. */
  get item(): InboxItem {
    return this.stored.item;
  }

  get todo(): readonly Step[] {
    return this.steps.filter((step) => !this.isFinished(step.key));
  }

  get done(): boolean {
    return this.todo.length === 0;
  }

  /** Tries so far, the one of this batch included. */
  get attempts(): number {
    return this.entry.attempts + (this.tried ? 1 : 0);
  }

  get outcomes(): Readonly<Record<string, Outcome>> {
    return { ...this.entry.outcomes, ...Object.fromEntries(this.reached) };
  }

  get changed(): boolean {
    return this.tried || this.reached.size > 0;
  }

  /** Outcomes reached in this batch, by step key. */
  get newOutcomes(): ReadonlyMap<string, Outcome> {
    return this.reached;
  }

  /** Whether an action before it in the same rule could not be done. */
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

  /** Why it stays in the inbox; `null` when it does so only because one before it does. */
  get waitsFor(): Waiting | null {
    return this.waiting;
  }

  wait(waiting: Waiting): void {
    this.waiting = waiting;
  }

  finish(step: Step, ended: Ending, answer?: GenesysAnswer): void {
    const outcome: Outcome = { ...ended, rule: step.rule, action: step.action };
    this.reached.set(step.key, answer === undefined ? outcome : { ...outcome, genesys: answer });
  }

  /** For what has no step, because its rule or its kind of action is not known here. */
  finishUnknown(key: string, rule: string | null, ended: Ending): void {
    if (!this.isFinished(key)) this.reached.set(key, { ...ended, rule, action: null });
  }

  /** Outcomes were reached that the inbox does not know of. */
  get hasUnstoredOutcomes(): boolean {
    return this.reached.size > this.stored.outcomes;
  }

  /** `item` took its place in the inbox, with all outcomes so far. */
  markStored(item: InboxItem): void {
    this.stored = { item, outcomes: this.reached.size };
  }

  /** What is stored when the entry stays in the inbox. */
  toEntry(): InboxEntry {
    return { ...this.entry, attempts: this.attempts, outcomes: this.outcomes };
  }
}
